"""A second connection that sees what the open transaction sees, as `pg_dump -j` has them:
PostgreSQL keeps one processor busy for each (docs/decisions/063)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import structlog
from django.db import DatabaseError, connection
from psycopg import sql

log = structlog.get_logger(__name__)

#: At most one in each process, whatever its threads do.
_one = threading.BoundedSemaphore()
#: Seconds in which it answers, or there is none.
_PATIENCE = 2
#: Nothing where another transaction might see less than this one.
_EXPORT = """
SELECT pg_export_snapshot()
WHERE current_setting('transaction_isolation') = 'repeatable read'
    AND current_setting('transaction_read_only') = 'on'
    AND pg_current_xact_id_if_assigned() IS NULL
"""
#: What else holds for a connection: how it writes times, how long it may work or be silent, for
#: whose job it works (`core.jobs.holders`), and what a sort may take.
_SETTINGS = (
    "TimeZone",
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "application_name",
    "work_mem",
)
_READ = "SELECT name, setting FROM pg_settings WHERE name = ANY (%s)"


@contextmanager
def second_connection() -> Iterator["psycopg.Connection[Any] | None"]:
    """Closed when the block ends. None where there is none to be had: if this process has one
    already, if PostgreSQL gives no more, or if the view of the open transaction cannot be shared
    (one that is not read only, or within another; see `statements.one_view`)."""
    if connection.savepoint_ids or not _one.acquire(blocking=False):
        yield None
        return
    try:
        own = _joined()
        try:
            yield own
        finally:
            if own is not None:
                own.close()
    finally:
        _one.release()


def _joined() -> "psycopg.Connection[Any] | None":
    with connection.cursor() as cursor:
        cursor.execute(_EXPORT)
        shared = cursor.fetchone()
        if shared is None:
            return None
        cursor.execute(_READ, [list(_SETTINGS)])
        settings = cursor.fetchall()
    try:
        own = _opened()
    except (DatabaseError, psycopg.Error) as error:
        log.info("no second connection to be had", error=str(error))
        return None
    try:
        _join(own, shared[0], settings)
    except psycopg.Error as error:
        own.close()
        log.info("a second connection has another view", error=str(error))
        return None
    return own


def _opened() -> "psycopg.Connection[Any]":
    """As Django opens them, but none of the pool's, which has one for each thread."""
    database: Any = connection.copy()
    options = database.settings_dict["OPTIONS"]
    options.pop("pool", None)
    options.setdefault("connect_timeout", _PATIENCE)
    database.connect()
    own: psycopg.Connection[Any] = database.connection
    return own


def _join(own: "psycopg.Connection[Any]", snapshot: str, settings: list[tuple[str, str]]) -> None:
    """From now on it sees what the snapshot's transaction sees, under these settings."""
    own.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    own.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot)))
    for name, value in settings:
        own.execute("SELECT set_config(%s, %s, false)", [name, value])
