"""Statements that run once or more per rating, which PostgreSQL plans once per connection; and
reads that belong together.

Planning one of them takes as long as running it. Django's own cursor puts values into the text of
a statement, which makes each one new to PostgreSQL; this cursor sends them separately.
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper

#: Without its arguments, for the stubs.
_new_cursor: Any = ServerBindingCursor


def prepared_cursor() -> CursorWrapper:
    """A cursor whose statements are prepared after a few runs (`prepare_threshold`)."""
    database: Any = connection  # the stubs lack what is specific to a database
    database.ensure_connection()
    with database.wrap_database_errors:
        cursor: CursorWrapper = database._prepare_cursor(_new_cursor(database.connection))
        return cursor


@contextmanager
def one_view(*, read_only: bool = True) -> Iterator[None]:
    """A block whose statements all see the database as it was at the first of them.

    In a transaction that is already open, the view is that transaction's.
    """
    opens = not connection.in_atomic_block
    access = "READ ONLY" if read_only else "READ WRITE"
    with transaction.atomic():
        if opens:
            with connection.cursor() as cursor:
                cursor.execute(f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ {access}")
        try:
            yield
        except BaseException as error:
            _let_go(error)
            raise


def _let_go(error: BaseException) -> None:
    """Ends what the error's frames had begun to read: a COPY that is half-way holds the
    connection's lock while its generator lives, and the transaction's end would wait for ever."""
    seen: BaseException | None = error
    while seen is not None:
        traceback.clear_frames(seen.__traceback__)
        seen = seen.__cause__ or seen.__context__
