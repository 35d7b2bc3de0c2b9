"""What PostgreSQL makes while something else is done, when whoever takes it breaks off."""

import errno
from collections.abc import Iterable, Iterator

import pytest
from django.db import DataError, connection

from annotation.opinion.copying import made_meanwhile
from workbench.core.statements import one_view

QUERY = "SELECT '\\x{0:02x}'::bytea, NULL::bytea FROM pg_sleep(0.01)"


def _made() -> Iterator[bytes]:
    """Each while the one before it is used."""
    waiting = b""
    for number in range(5):
        with made_meanwhile(QUERY.format(number)) as take:
            yield waiting
            waiting, nothing = take()
            assert nothing == b""
    yield waiting


def _stored(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Keeps the pieces in its frame, which the error keeps."""
    for piece in pieces:
        if piece == b"\3":
            raise OSError(errno.ENOSPC, "No space left on device")
        yield piece


def _answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


@pytest.mark.django_db
def test_each_is_made_while_the_one_before_is_used() -> None:
    assert list(_made()) == [b"", b"\0", b"\1", b"\2", b"\3", b"\4"]
    assert _answers()


@pytest.mark.timeout(60)
@pytest.mark.django_db(transaction=True)
def test_a_disk_that_is_full_in_the_midst_ends_it() -> None:
    """It waited for ever for the connection that the reading held."""
    with (
        pytest.raises(OSError, match="No space left"),
        one_view(),
    ):
        list(_stored(_made()))
    assert _answers()


@pytest.mark.timeout(60)
@pytest.mark.django_db(transaction=True)
def test_a_query_that_fails_says_why() -> None:
    with (
        pytest.raises(DataError, match="division by zero"),
        one_view(),
        made_meanwhile("SELECT int4send(1 / 0)") as take,
    ):
        take()
    assert _answers()
