"""One consistent view of the database for several statements."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_view(*, read_only: bool = True) -> Iterator[None]:
    """All statements inside see the data of one moment (REPEATABLE READ).

    Within a transaction that is open already it is the caller's, and so is its view.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            access = "READ ONLY" if read_only else "READ WRITE"
            cursor.execute(f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ {access}")
        yield
