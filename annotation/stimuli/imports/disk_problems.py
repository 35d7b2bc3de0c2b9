"""Disks that are full, and files that cannot be written, by name."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import OperationalError

from workbench.core.disks import is_disk_full
from workbench.core.problems import Problem
from workbench.core.texts import gettext_noop


@contextmanager
def disk_problems() -> Iterator[None]:
    """Files that cannot be written, and a database that cannot grow, as a Problem."""
    try:
        yield
    except OperationalError as error:
        if not is_disk_full(error):
            raise
        problem = Problem(
            gettext_noop("the database's disk is full; nothing was imported"),
            gettext_noop("free space and import again"),
        )
        raise problem from error
    except OSError as error:
        raise _unwritable(error) from error


def _unwritable(error: OSError) -> Problem:
    if is_disk_full(error):
        return Problem(
            gettext_noop("the disk of %(place)s is full; nothing was imported"),
            gettext_noop("free space and import again"),
            place=str(settings.MEDIA_ROOT),
        )
    return Problem(
        gettext_noop("images cannot be written to %(place)s (%(reason)s)"),
        gettext_noop("allow the workbench to write there and import again; nothing was imported"),
        place=str(settings.MEDIA_ROOT),
        reason=error.strerror or str(error),
    )
