"""The rows of the database, table by table, by PostgreSQL's COPY in its text form.

Any version of the server reads what any other wrote, and no program has to match it
(docs/decisions/045). The tables themselves are made by the migrations.
"""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.db import connection, transaction
from psycopg import sql

#: Not copied: which migrations were run is in the manifest; people sign in again, so that sessions
#: that were ended since do not come back; signs of life are of programs that ran then.
LEFT_OUT = ("django_migrations", "django_session", "workbench_heartbeat")

_TABLES = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
    AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
GROUP BY c.relname ORDER BY c.relname
"""
_SEQUENCES = """
SELECT sequencename, last_value FROM pg_sequences
WHERE schemaname = current_schema() AND last_value IS NOT NULL
"""
_FUNCTIONS = """
SELECT p.oid::regprocedure::text FROM pg_proc AS p
WHERE p.pronamespace = current_schema()::regnamespace AND NOT EXISTS (
    SELECT FROM pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e'
)
"""
_BLOCK = 1024 * 1024


@contextmanager
def snapshot() -> Iterator[None]:
    """All that is read in the block is as it is now, while others write on."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def tables() -> dict[str, list[str]]:
    """Names of tables with their columns, in the order of the names; not those of LEFT_OUT."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        return {name: columns for name, columns in cursor.fetchall() if name not in LEFT_OUT}


def sequences() -> dict[str, int]:
    """The last number that each sequence gave."""
    with connection.cursor() as cursor:
        cursor.execute(_SEQUENCES)
        return dict(cursor.fetchall())


def write_rows(table: str, columns: list[str], file: Path) -> int:
    """Writes the table's rows, compressed; returns how many."""
    statement = sql.SQL("COPY {} ({}) TO STDOUT").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with gzip.open(file, "wb", compresslevel=3) as out, connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for block in copy:
                out.write(block)
        return int(cursor.rowcount)


def read_rows(table: str, columns: list[str], file: IO[bytes]) -> int:
    """Adds the rows that `write_rows` wrote; returns how many."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with gzip.open(file) as rows, connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            while block := rows.read(_BLOCK):
                copy.write(block)
        return int(cursor.rowcount)


@contextmanager
def emptied(names: list[str]) -> Iterator[None]:
    """One transaction, in which tables begin empty and take rows in any order.

    Foreign keys are checked at its end. The rows kept every rule where they come from, and triggers
    that refuse a row whose owner is complete would refuse them here.
    """
    known = sql.SQL(", ").join(map(sql.Identifier, names))
    triggers = sql.SQL("ALTER TABLE {} {} TRIGGER USER")
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(sql.SQL("TRUNCATE {}").format(known))
        for name in names:
            cursor.execute(triggers.format(sql.Identifier(name), sql.SQL("DISABLE")))
        yield
        # What is to be checked at the end is checked now: a table with such work cannot be altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in names:
            cursor.execute(triggers.format(sql.Identifier(name), sql.SQL("ENABLE")))


def set_sequences(values: dict[str, int]) -> None:
    with connection.cursor() as cursor:
        for name, value in values.items():
            cursor.execute("SELECT setval(quote_ident(%s)::regclass, %s)", [name, value])


def drop_everything() -> None:
    """Tables and functions of a site that holds nothing, to make others by other migrations."""
    with transaction.atomic(), connection.cursor() as cursor:
        everything = connection.introspection.table_names(cursor)
        if everything:
            names = sql.SQL(", ").join(map(sql.Identifier, everything))
            cursor.execute(sql.SQL("DROP TABLE {} CASCADE").format(names))
        cursor.execute(_FUNCTIONS)
        for (function,) in cursor.fetchall():
            cursor.execute(f"DROP FUNCTION {function} CASCADE")  # as PostgreSQL itself quotes it


def analyse() -> None:
    """The planner knows nothing of tables that were just filled."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def one(query: str, *parameters: Any) -> Any:
    """The first column of the first row; None if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        row = cursor.fetchone()
    return row[0] if row else None
