"""Reading a table: CSV separated by commas, semicolons, tabs or bars, or JSON objects, one per line
or in one array.

Whatever a row holds is that row's problem: the rows before and after it are read.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ..problems import Problem
from ..texts import NO_TEXT, gettext_noop, storable
from .columns import Columns, stripped
from .encodings import decode
from .errors import TableError, no_text, too_long
from .json_rows import json_pieces, json_values
from .kinds import refuse_markup

_JSON_NAMES = (".jsonl", ".ndjson")
_DELIMITERS = ",;\t|"
#: Those between which a comma is none but a decimal one.
_APART_FROM_COMMAS = ";\t|"
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d*,\d+\s*")
#: A first line for Excel that names the separator.
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<sign>[^\r\n"])"?[,;\t|]*\s*', re.IGNORECASE)
#: Characters of a cell: one beyond is its row's problem. The csv module's own limit, which ends the
#: reading, is out of the way.
_LONGEST_CELL = 100_000
#: And of a row: what the database keeps of one in JSON has a limit as well.
_LONGEST_ROW = 2_000_000
_MOST_BYTES = 256 * 2**20
csv.field_size_limit(2**31 - 1)


@dataclass(frozen=True)
class Record:
    """One row as it was written: `row` counts data rows, `line` is where it starts.

    `problem` is set if the row as a whole cannot be used, such as its cells cannot be told apart.
    """

    row: int
    line: int
    values: Mapping[str, Any]
    problem: Problem | None = None


def read_file(path: Path) -> bytes:
    """A table's bytes; raises TableError."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise TableError(
                gettext_noop("%(name)s is larger than %(limit)d MiB"),
                gettext_noop("divide it into several tables"),
                name=path.name,
                limit=_MOST_BYTES // 2**20,
            )
        return path.read_bytes()
    except OSError as error:
        raise TableError(
            gettext_noop("%(name)s cannot be read: %(reason)s"),
            gettext_noop("give the path of a CSV or JSONL file"),
            name=path,
            reason=error.strerror or error,
        ) from error


def read_table(data: bytes | str, name: str, columns: Columns) -> Iterator[Record]:
    """The rows of the table `name`, by its columns' known names, the same from CSV and from JSON.

    Raises TableError before the first row if the table as a whole cannot be read.
    """
    text = decode(data, name) if isinstance(data, bytes) else data
    refuse_markup(text, name)
    start = stripped(text)[:1]
    if not start:
        raise TableError(
            gettext_noop("%(name)s is empty"),
            gettext_noop("write the columns %(columns)s, and a row for each entry"),
            name=name,
            columns=", ".join(columns.required or sorted(columns.others)),
        )
    if start in "{[" or name.lower().endswith(_JSON_NAMES):
        pieces = json_pieces(text, name)
        return _numbered(_json_row(line, raw, columns) for line, raw in pieces)
    return _numbered(_Sheet(text, name, columns).rows())


#: A row's line, its values, and its problem if it has one.
_Row = tuple[int, Mapping[str, Any], Problem | None]


def _numbered(rows: Iterator[_Row]) -> Iterator[Record]:
    for number, (line, values, problem) in enumerate(rows, start=1):
        yield Record(number, line, values, problem or _unusable(values))


def _json_row(line: int, raw: str, columns: Columns) -> _Row:
    if NO_TEXT.search(raw):
        return line, {}, no_text("?")
    if len(raw) > _LONGEST_ROW:
        return line, {}, too_long("the row", len(raw), _LONGEST_ROW)
    try:
        written = json_values(raw)
    except Problem as problem:
        return line, {}, problem
    values = {columns.named(key): value for key, value in written.items()}
    if len(values) < len(written):
        names = [columns.named(key) for key in written]
        doubled = next(name for name in names if names.count(name) > 1)
        return line, values, _doubled(doubled)
    return line, values, None


def _unusable(values: Mapping[str, Any]) -> Problem | None:
    """A text that cannot be kept. What is within a JSON value has been checked."""
    for key, value in values.items():
        if isinstance(value, str):
            if NO_TEXT.search(value) or NO_TEXT.search(key):
                return no_text(key)
            if len(value) > _LONGEST_CELL:
                return too_long(key, len(value), _LONGEST_CELL)
    length = sum(len(value) for value in values.values() if isinstance(value, str))
    return too_long("the row", length, _LONGEST_ROW) if length > _LONGEST_ROW else None


class _Lines:
    """A text's lines for the csv module, from any of them on."""

    def __init__(self, text: str) -> None:
        self.lines: Sequence[str] = list(io.StringIO(text, newline=""))
        self.at = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self.at == len(self.lines):
            raise StopIteration
        self.at += 1
        return self.lines[self.at - 1]


class _Sheet:
    """A CSV text with a header."""

    def __init__(self, text: str, name: str, columns: Columns) -> None:
        self._name = name
        self._columns = columns
        self._lines = _Lines(text)
        self._skip_blank_lines()
        self._delimiter = self._named_separator() or self._likeliest_delimiter()
        self._header = self._read_header()
        self._commas = [
            key in columns.numbers and self._delimiter in _APART_FROM_COMMAS for key in self._header
        ]

    def rows(self) -> Iterator[_Row]:
        lines = self._lines
        reader = self._reader()
        while lines.at < len(lines.lines):
            start = lines.at
            try:
                cells = next(reader, [])
            except csv.Error as error:
                # The row ends with its line, whatever its quotes say.
                lines.at = start + 1
                reader = self._reader()
                yield start + 1, {}, _broken(str(error))
                continue
            if any(cell.strip() for cell in cells):
                yield start + 1, *self._row(cells)

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._lines, delimiter=self._delimiter, strict=True)

    def _row(self, cells: list[str]) -> tuple[Mapping[str, Any], Problem | None]:
        header = self._header
        values = {
            key: _with_point(cell) if comma else cell
            for key, cell, comma in zip(header, cells, self._commas, strict=False)
            if key
        }
        unnamed = any(cell and not key for key, cell in zip(header, cells, strict=False))
        if not unnamed and not any(cells[len(header) :]) and len(cells) >= len(header):
            return values, None
        return values, Problem(
            gettext_noop("the row has %(found)d cells, the header has %(expected)d"),
            gettext_noop(
                "put texts that contain the separator in quotes, write decimals with a point"
            ),
            found=len(cells),
            expected=sum(1 for key in header if key),
        )

    def _skip_blank_lines(self) -> None:
        lines = self._lines
        while lines.at < len(lines.lines) and not lines.lines[lines.at].strip():
            lines.at += 1

    def _named_separator(self) -> str:
        found = _SEPARATOR_LINE.fullmatch(self._lines.lines[self._lines.at])
        if found is None:
            return ""
        self._lines.at += 1
        self._skip_blank_lines()
        return found["sign"]

    def _likeliest_delimiter(self) -> str:
        """The separator under which the header names the most known columns."""
        return max(_DELIMITERS, key=lambda sign: _known(self._header_cells(sign), self._columns))

    def _header_cells(self, delimiter: str) -> list[str]:
        start = self._lines.at
        try:
            return next(csv.reader(self._lines, delimiter=delimiter), [])
        except csv.Error:
            return []
        finally:
            self._lines.at = start

    def _read_header(self) -> list[str]:
        try:
            cells = next(self._reader(), [])
        except csv.Error as error:
            raise TableError(
                gettext_noop("the header of %(name)s is broken: %(reason)s"),
                gettext_noop("look for a quote that is not closed or not doubled"),
                name=self._name,
                reason=error,
            ) from error
        header = [self._columns.named(cell) for cell in cells]
        for column in self._columns.required:
            if column not in header:
                self._refuse_header(column, header)
        doubled = [cell for cell in header if cell and header.count(cell) > 1]
        if doubled:
            raise TableError(
                gettext_noop('%(name)s has two columns "%(column)s"'),
                gettext_noop("rename or delete one of them"),
                name=self._name,
                column=doubled[0],
            )
        return header

    def _refuse_header(self, column: str, header: list[str]) -> NoReturn:
        required = self._columns.required
        raise TableError(
            gettext_noop('%(name)s has no column "%(column)s"; its columns are %(columns)s'),
            gettext_noop("name the columns %(required)s in the first line"),
            name=self._name,
            column=column,
            columns=", ".join(cell[:40] for cell in header[:20] if cell) or "–",
            required=", ".join(required),
        )


def _known(cells: Sequence[str], columns: Columns) -> tuple[int, int, int]:
    """How many of `cells` are columns that must be there, or are known; and how many they are."""
    names = {columns.named(cell) for cell in cells}
    known = names & {*columns.required, *columns.others}
    return len(names & set(columns.required)), len(known), len(names)


def _with_point(cell: str) -> str:
    return cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell


def _broken(reason: str) -> Problem:
    return Problem(
        gettext_noop("the row's quotes are broken (%(reason)s)"),
        gettext_noop("close and double its quotes, or leave them out"),
        reason=reason[:200],
    )


def _doubled(column: str) -> Problem:
    return Problem(
        gettext_noop('the row has two values of "%(column)s"'),
        gettext_noop("delete one of them"),
        column=storable(column)[:100],
    )
