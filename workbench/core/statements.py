"""Statements that run once or more per rating: PostgreSQL plans them once per connection.

Planning one of them takes as long as running it. Django's own cursor puts values into the text of
a statement, which makes every one a new one; this cursor sends them beside it.
"""

from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper

#: Without its arguments, for the stubs.
_new_cursor: Any = ServerBindingCursor


def prepared_cursor() -> CursorWrapper:
    """A cursor whose statements are prepared after a few runs (`prepare_threshold`)."""
    database: Any = connection  # the stubs know no database's own parts
    database.ensure_connection()
    with database.wrap_database_errors:
        cursor: CursorWrapper = database._prepare_cursor(_new_cursor(database.connection))
        return cursor
