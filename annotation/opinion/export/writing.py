"""How parts of rows are written: as CSV, for scripts or for spreadsheets, and as JSON. PostgreSQL
writes the values; what is the same in every row of a kind is a text here.

A part has the cells that belong together, so that what is said of an image is written once, and not
for each of its scores. Pure: no Django.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from workbench.core.tables.writing import GUARDED

from .columns import Column, Kind

_GUARDED = "ARRAY[" + ", ".join(f"chr({ord(sign)})" for sign in GUARDED) + "]"


class Writing(Protocol):
    """A way to write rows."""

    @property
    def end(self) -> str:
        """What a row ends with."""

    def start(self, column: Column, word: str) -> str:
        """A row's first cell, with this word, which needs no quotes."""

    def cells(self, values: Iterable[tuple[Column, str]]) -> str:
        """Cells with these values, given in SQL, each after what separates it from the one before:
        as arguments of `concat`, which leaves out what is null."""

    def nothing(self, columns: Iterable[Column]) -> str:
        """The same without anything in them."""


@dataclass(frozen=True)
class CsvWriting:
    """RFC 4180. All texts are in quotes: whether one needs them would take longer to find out. So
    nothing, and a text that is empty, differ."""

    #: For scripts, not for spreadsheets.
    raw: bool
    end: str = "\n"

    def start(self, column: Column, word: str) -> str:
        return word

    def cells(self, values: Iterable[tuple[Column, str]]) -> str:
        return ", ".join(f"',', {self._text(column.kind, sql)}" for column, sql in values)

    def nothing(self, columns: Iterable[Column]) -> str:
        return "," * len(list(columns))

    def _text(self, kind: Kind, sql: str) -> str:
        if kind == Kind.TIME:
            return f"to_json({sql})" if self.raw else f"date_trunc('second', {_in_utc(sql)})"
        if kind == Kind.TEXT and not self.raw:
            guard = f"CASE WHEN left({sql}, 1) = ANY ({_GUARDED}) THEN '''' ELSE '' END"
            return _quoted(f"{guard} || {sql}")
        if kind in (Kind.TEXT, Kind.JSON):
            return _quoted(f"({sql})::text")
        return _plain(kind, sql)


@dataclass(frozen=True)
class JsonWriting:
    """An object for each row, with all keys."""

    end: str = "}\n"

    def start(self, column: Column, word: str) -> str:
        return f'{{{self._key(column)}"{word}"'

    def cells(self, values: Iterable[tuple[Column, str]]) -> str:
        return ", ".join(
            f"',{self._key(column)}', {self._value(column.kind, sql)}" for column, sql in values
        )

    def nothing(self, columns: Iterable[Column]) -> str:
        return "".join(f",{self._key(column)}null" for column in columns)

    def _key(self, column: Column) -> str:
        return f'"{column.name}":'

    def _value(self, kind: Kind, sql: str) -> str:
        return f"coalesce({self._text(kind, sql)}, 'null')"

    def _text(self, kind: Kind, sql: str) -> str:
        if kind in (Kind.TEXT, Kind.JSON):
            return f"to_json(({sql})::text)::text"
        if kind == Kind.TIME:
            return f"to_json({sql})::text"
        if kind == Kind.CODE:
            return f"'\"' || ({sql}) || '\"'"
        return _plain(kind, sql)


def _in_utc(sql: str) -> str:
    return f"({sql} AT TIME ZONE 'UTC')"


def _plain(kind: Kind, sql: str) -> str:
    if kind == Kind.NUMBER:
        whole = f"({sql}) = trunc({sql}) AND abs({sql}) < 1e15"
        return f"({sql})::text || CASE WHEN {whole} THEN '.0' ELSE '' END"
    return f"({sql})::text"


def _quoted(text: str) -> str:
    return f"'\"' || replace({text}, '\"', '\"\"') || '\"'"
