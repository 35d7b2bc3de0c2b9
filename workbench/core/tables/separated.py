"""The rows of a text whose cells are separated: by commas, semicolons, tabs, bars or blanks."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..problems import Problem
from ..texts import gettext_noop
from .columns import Columns
from .errors import TableError
from .header import checked_header, known_columns
from .rows import LINES, PLAIN, SPACES, Row, Shape

_DELIMITERS = ",;\t|"
#: Those between which a comma is none but a decimal one.
_APART_FROM_COMMAS = ";\t|"
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d*,\d+\s*")
#: A first line for Excel that names the separator.
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<sign>[^\r\n"])"?[,;\t|]*\s*', re.IGNORECASE)
csv.field_size_limit(2**31 - 1)


def separated_rows(text: str, name: str, columns: Columns, shape: Shape = PLAIN) -> Iterator[Row]:
    """The rows of the table `name`. Raises TableError before the first one."""
    if shape.separator in (SPACES, LINES):
        return _Spaced(text, name, columns, shape).rows()
    return _Sheet(text, name, columns, shape).rows()


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


class _Spaced:
    """A text with blanks between its cells, or with one cell to a line."""

    def __init__(self, text: str, name: str, columns: Columns, shape: Shape) -> None:
        whole = shape.separator == LINES
        lines = enumerate(io.StringIO(text, newline=None), start=1)
        self._cells = (
            (number, [line.strip()] if whole else line.split())
            for number, line in lines
            if line.strip()
        )
        names: Sequence[str] = shape.columns or next(self._cells, (0, []))[1]
        self._header = checked_header(names, name, columns)

    def rows(self) -> Iterator[Row]:
        for line, cells in self._cells:
            values = dict(zip(self._header, cells, strict=False))
            problem = None
            if len(cells) != len(self._header):
                problem = _other_number(len(cells), len(self._header))
            yield line, values, problem


class _Sheet:
    """A CSV text."""

    def __init__(self, text: str, name: str, columns: Columns, shape: Shape) -> None:
        self._name = name
        self._columns = columns
        self._given = shape.columns
        self._lines = _Lines(text)
        self._skip_blank_lines()
        self._delimiter = self._named_separator() or self._likeliest_delimiter()
        self._header = checked_header(self._given or self._read_header(), name, columns)
        #: Where no cell may be. Rows' numbers or names may: pandas and R write them first, without
        #: a heading.
        self._unnamed = [place for place, key in enumerate(self._header) if place and not key]
        self._commas = [
            key in columns.numbers and self._delimiter in _APART_FROM_COMMAS for key in self._header
        ]

    def rows(self) -> Iterator[Row]:
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
        unnamed = any(cells[place] for place in self._unnamed if place < len(cells))
        if not unnamed and not any(cells[len(header) :]) and len(cells) >= len(header):
            return values, None
        return values, _other_number(len(cells), len(header) - len(self._unnamed))

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
        """The separator under which the header names the most known columns, or the first line has
        as many cells as there are columns."""
        return max(_DELIMITERS, key=lambda sign: self._likelihood(self._first_cells(sign)))

    def _likelihood(self, cells: list[str]) -> tuple[int, int, int]:
        if self._given:
            return -abs(len(cells) - len(self._given)), 0, 0
        return known_columns(cells, self._columns)

    def _first_cells(self, delimiter: str) -> list[str]:
        start = self._lines.at
        try:
            return next(csv.reader(self._lines, delimiter=delimiter), [])
        except csv.Error:
            return []
        finally:
            self._lines.at = start

    def _read_header(self) -> list[str]:
        try:
            return next(self._reader(), [])
        except csv.Error as error:
            raise TableError(
                gettext_noop("the header of %(name)s is broken: %(reason)s"),
                gettext_noop("look for a quote that is not closed or not doubled"),
                name=self._name,
                reason=error,
            ) from error


def _with_point(cell: str) -> str:
    return cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell


def _other_number(found: int, expected: int) -> Problem:
    return Problem(
        gettext_noop("the row has %(found)d cells, the header has %(expected)d"),
        gettext_noop("put texts that contain the separator in quotes, write decimals with a point"),
        found=found,
        expected=expected,
    )


def _broken(reason: str) -> Problem:
    return Problem(
        gettext_noop("the row's quotes are broken (%(reason)s)"),
        gettext_noop("close and double its quotes, or leave them out"),
        reason=reason[:200],
    )
