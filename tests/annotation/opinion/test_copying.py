"""Rows that leave PostgreSQL by COPY, when whoever takes them breaks off."""

import errno
from collections.abc import Iterable, Iterator

import pytest
from django.db import connection

from annotation.opinion.copying import copied_texts
from workbench.core.statements import one_view


def _stored(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Keeps the pieces in its frame, which the error keeps."""
    for piece in pieces:
        if piece == b"3":
            raise OSError(errno.ENOSPC, "No space left on device")
        yield piece


@pytest.mark.timeout(60)
@pytest.mark.django_db(transaction=True)
def test_a_disk_that_is_full_in_the_midst_of_a_copy_ends_it() -> None:
    """It waited for ever for the connection that the copy held."""
    with (
        pytest.raises(OSError, match="No space left"),
        one_view(),
    ):
        list(_stored(copied_texts("SELECT n::text FROM generate_series(1, 100000) AS n")))
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
