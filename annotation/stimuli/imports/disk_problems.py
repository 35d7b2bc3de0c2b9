"""Disks that are full, and files that cannot be written, by name."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.conf import settings
from django.db import OperationalError

from workbench.core.disks import is_disk_full
from workbench.core.problems import Problem
from workbench.core.texts import gettext_noop

log = structlog.get_logger(__name__)


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
            gettext_noop("ask an administrator of this site to free space, then import again"),
        )
        raise problem from error
    except OSError as error:
        raise _unwritable(error) from error


def _unwritable(error: OSError) -> Problem:
    # Where that is, administrators find in the log.
    log.warning("images cannot be written", folder=str(settings.MEDIA_ROOT), error=str(error))
    if is_disk_full(error):
        return Problem(
            gettext_noop("the server's disk for images is full; nothing was imported"),
            gettext_noop("ask an administrator of this site to free space, then import again"),
        )
    return Problem(
        gettext_noop("the server cannot write images (%(reason)s)"),
        gettext_noop(
            "ask an administrator of this site to let the workbench write them, then import "
            "again; nothing was imported"
        ),
        reason=error.strerror or str(error),
    )
