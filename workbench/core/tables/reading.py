"""Reading a table: CSV separated by commas, semicolons, tabs or bars, JSON objects, one per line or
in one array; and of files also workbooks, Parquet and MATLAB's.

Whatever a row holds is that row's problem: the rows before and after it are read.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from ..problems import Problem
from ..texts import NO_TEXT, gettext_noop, storable
from .arrow import arrow_rows
from .columns import Columns, stripped
from .encodings import decode
from .errors import TableError, no_text, too_long
from .json_rows import json_pieces, json_values
from .kinds import ARROW, MATLAB, PARQUET, WORKBOOK, kind_of_file, refuse_markup
from .matlab import matlab_rows
from .rows import PLAIN, Record, Row, Shape
from .separated import separated_rows
from .workbook import workbook_rows

_JSON_NAMES = (".jsonl", ".ndjson")
#: Characters of a cell: one beyond is its row's problem. The csv module's own limit, which ends the
#: reading, is out of the way.
_LONGEST_CELL = 100_000
#: And of a row: what the database keeps of one in JSON has a limit as well.
_LONGEST_ROW = 2_000_000
_MOST_BYTES = 256 * 2**20
_READERS = {
    WORKBOOK: workbook_rows,
    PARQUET: arrow_rows,
    ARROW: arrow_rows,
    MATLAB: matlab_rows,
}


def read_file(path: Path) -> bytes:
    """A table's bytes; raises TableError."""
    try:
        _refuse_large(path)
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def open_table(path: Path, columns: Columns, shape: Shape = PLAIN) -> Iterator[Record]:
    """The rows of the table at `path`, whatever kind of file it is, as `read_table` gives them.

    Raises TableError before the first row if the table as a whole cannot be read.
    """
    try:
        _refuse_large(path)
        reader = _READERS.get(kind_of_file(path))
    except OSError as error:
        raise _unreadable(path, error) from error
    if reader is not None:
        rows = reader(path, columns, shape)
        # What is wrong with the whole is found with its first row.
        first = next(rows, None)
        return _numbered(chain(() if first is None else (first,), rows))
    return read_table(read_file(path), path.name, columns, shape)


def read_table(
    data: bytes | str, name: str, columns: Columns, shape: Shape = PLAIN
) -> Iterator[Record]:
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
    is_json = start in "{[" or name.lower().endswith(_JSON_NAMES)
    if is_json and shape == PLAIN:
        pieces = json_pieces(text, name)
        return _numbered(_json_row(line, raw, columns) for line, raw in pieces)
    return _numbered(separated_rows(text, name, columns, shape))


def _refuse_large(path: Path) -> None:
    if path.stat().st_size > _MOST_BYTES:
        raise TableError(
            gettext_noop("%(name)s is larger than %(limit)d MiB"),
            gettext_noop("divide it into several tables"),
            name=path.name,
            limit=_MOST_BYTES // 2**20,
        )


def _unreadable(path: Path, error: OSError) -> TableError:
    return TableError(
        gettext_noop("%(name)s cannot be read: %(reason)s"),
        gettext_noop("give the path of a CSV or JSONL file"),
        name=path,
        reason=error.strerror or error,
    )


def _numbered(rows: Iterator[Row]) -> Iterator[Record]:
    for number, (line, values, problem) in enumerate(rows, start=1):
        yield Record(number, line, values, problem or _unusable(values))


def _json_row(line: int, raw: str, columns: Columns) -> Row:
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
    texts = "".join([value for value in values.values() if isinstance(value, str)])
    if len(texts) <= _LONGEST_CELL and not NO_TEXT.search(texts + "".join(values)):
        return None
    for key, value in values.items():
        if isinstance(value, str):
            if NO_TEXT.search(value) or NO_TEXT.search(key):
                return no_text(key)
            if len(value) > _LONGEST_CELL:
                return too_long(key, len(value), _LONGEST_CELL)
    length = sum(len(value) for value in values.values() if isinstance(value, str))
    return too_long("the row", length, _LONGEST_ROW) if length > _LONGEST_ROW else None


def _doubled(column: str) -> Problem:
    return Problem(
        gettext_noop('the row has two values of "%(column)s"'),
        gettext_noop("delete one of them"),
        column=storable(column)[:100],
    )
