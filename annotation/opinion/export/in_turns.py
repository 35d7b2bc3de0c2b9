"""Rows that PostgreSQL makes on one connection, or on two in turns, while those before them are
used; each is at most 1 GiB."""

from collections import deque
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import psycopg
from django.db import connection

from workbench.core.second_connection import second_connection

#: Seconds after which nobody waits for PostgreSQL to stop.
_PATIENCE = 2.0
#: The stubs lack what is specific to a database.
_database: Any = connection


def composed(statement: str, values: Collection[Any]) -> str:
    """A statement without parameters."""
    text: str = _database.ops.compose_sql(statement, values)
    return text


class Maker:
    """A connection that makes one row at a time. Until that is taken, nothing else is asked of
    it."""

    def __init__(self, own: "psycopg.Connection[Any]") -> None:
        self._own = own
        self._cursor = psycopg.Cursor(own)
        self._sent = ExitStack()

    def ask(self, query: str) -> list[Any]:
        """The rows of a query without parameters, at once."""
        with _database.wrap_database_errors:
            return list(psycopg.Cursor(self._own).execute(query))

    def begin(self, query: str) -> None:
        """query: without parameters, of one row whose fields are `bytea`."""
        with _database.wrap_database_errors:
            # A pipeline sends the query at once and goes on.
            self._sent.enter_context(self._own.pipeline())
            self._cursor.execute(query, prepare=False, binary=True)

    def take(self) -> list[bytes]:
        """Waits for the row: its fields, empty where there is nothing."""
        with _database.wrap_database_errors, self._sent:
            return [field or b"" for field in self._cursor.fetchone() or ()]

    def give_up(self) -> None:
        """PostgreSQL stops where it is; of no use afterwards, until its transaction is over."""
        with suppress(psycopg.Error):
            self._own.cancel_safe(timeout=_PATIENCE)
        with suppress(psycopg.Error), self._sent, suppress(psycopg.Error):
            self._cursor.fetchone()


class InTurns:
    """One connection, or two: rows come in the order in which they were asked for."""

    def __init__(self, ends: ExitStack) -> None:
        self._ends = ends
        self._idle: deque[Maker] = deque()
        self._busy: deque[Maker] = deque()
        self._asked_for_another = False
        _database.ensure_connection()
        self._add(_database.connection)

    def idle(self) -> Maker | None:
        """One that makes nothing now."""
        return self._idle[0] if self._idle else None

    @property
    def busy(self) -> bool:
        """Whether a row was asked for and not taken."""
        return bool(self._busy)

    def begin(self, query: str) -> None:
        """On the idle one, as `Maker.begin`."""
        maker = self._idle.popleft()
        self._busy.append(maker)
        maker.begin(query)

    def take(self) -> list[bytes]:
        """The next row that was asked for, as `Maker.take`."""
        fields = self._busy[0].take()
        self._idle.append(self._busy.popleft())
        return fields

    def grow(self) -> None:
        """By a second connection if there is one to be had, the first time that this is asked, and
        while this thread's own makes nothing."""
        if self._asked_for_another:
            return
        self._asked_for_another = True
        own = self._ends.enter_context(second_connection())
        if own is not None:
            self._add(own)

    def _add(self, own: "psycopg.Connection[Any]") -> None:
        maker = Maker(own)
        self._idle.append(maker)
        self._ends.callback(self._let_go, maker)

    def _let_go(self, maker: Maker) -> None:
        if maker in self._busy:
            maker.give_up()


@contextmanager
def in_turns() -> Iterator[InTurns]:
    """In the view that this thread's connection has. What is still being made when the block ends
    is given up, and the second connection is closed."""
    with ExitStack() as ends:
        yield InTurns(ends)
