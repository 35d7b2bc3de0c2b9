"""One writer at a time for a study's releases, and the numbers that it gives them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext as _

from workbench.core.errors import MintError

from ..models import OpinionRelease, Study

_LOCK_CLASS = 0x4D4F5053


#: How long a request waits for another writer, who may be a worker that stands still: it holds one
#: of the web server's few threads meanwhile.
PATIENCE_SECONDS = 0.2
_LOOK_SECONDS = 0.02


class ReleaseBusyError(MintError):
    """Somebody else is writing the study's releases at this moment."""

    code = "release_busy"
    status = 503

    def __init__(self) -> None:
        super().__init__(
            _("The study's opinion scores are being computed; please try again in a moment.")
        )


@contextmanager
def only_writer(study: Study, *, patience: float | None = None) -> Iterator[None]:
    """Waits until nobody else writes releases of this study; PostgreSQL frees the lock if this
    process dies. Enter it before the transaction, so that its view of the data is the latest.

    patience: in seconds; ReleaseBusyError after it. None waits as long as it takes.
    """
    _lock(study, patience)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_CLASS, study.pk])


def _lock(study: Study, patience: float | None) -> None:
    key = [_LOCK_CLASS, study.pk]
    with connection.cursor() as cursor:
        if patience is None:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", key)
            return
        end = time.monotonic() + patience
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
            if cursor.fetchone() == (True,):
                return
            if time.monotonic() >= end:
                raise ReleaseBusyError
            time.sleep(_LOOK_SECONDS)


def hold_off_writers(study: Study) -> None:
    """Like `only_writer`, until this transaction ends; its isolation must be READ COMMITTED."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, study.pk])


def next_number(study: Study) -> int:
    """Of the study's next release; for those who hold the lock."""
    releases = OpinionRelease.objects.filter(study=study)
    return (releases.aggregate(last=Max("number"))["last"] or 0) + 1


def next_key() -> int:
    """Of a release that is not written yet."""
    with connection.cursor() as cursor:
        table = OpinionRelease._meta.db_table
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
        (key,) = cursor.fetchone()
    return int(key)
