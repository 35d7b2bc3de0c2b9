"""One writer at a time for a study's releases, and the numbers that it gives them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.models import Max

from ..models import OpinionRelease, Study

_LOCK_CLASS = 0x4D4F5053


@contextmanager
def only_writer(study: Study) -> Iterator[None]:
    """Waits until nobody else writes releases of this study; PostgreSQL frees the lock if this
    process dies. Enter it before the transaction, so that its view of the data is the latest."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [_LOCK_CLASS, study.pk])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_CLASS, study.pk])


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
