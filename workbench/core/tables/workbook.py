"""The rows of a sheet of an Excel workbook (.xlsx), as texts: the same as of the sheet as CSV.

Of formulas the values count that the program kept when it saved them.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from ..texts import gettext_noop
from .columns import Columns
from .errors import TableError
from .header import checked_header
from .rows import Row, Shape

#: A row's number from 1 → the number of a column from 0, and the error that its cell shows.
Errors = Mapping[int, Sequence[tuple[int, str]]]
Cell = int | float | str | bool | date | datetime | time | timedelta

#: Of all that a workbook holds, unpacked: a small file may hold gigabytes of blanks.
_MOST_BYTES = 1024 * 2**20
#: A cell with a formula and no value, as programs that do not calculate write it.
_UNCOMPUTED = re.compile(
    rb'<c\b[^>]*?\br="(?P<cell>[A-Z]+\d+)"[^>]*>\s*<f\b[^>]*?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>'
)
#: A cell that shows an error, such as #DIV/0!, which the reader of workbooks gives as an empty one.
_ERROR = re.compile(
    rb'<c\b(?=[^>]*?\bt="e")[^>]*?\br="(?P<column>[A-Z]+)(?P<row>\d+)"[^>]*>'
    rb"\s*(?:<f\b[^>]*?(?:/>|>[^<]*</f>))?\s*<v>(?P<error>[^<]*)</v>"
)
_SHEET = re.compile(rb'<sheet\b[^>]*?\br:id="(?P<id>[^"]+)"')
_RELATION = re.compile(rb"<Relationship\b[^>]*>")
_ATTRIBUTE = re.compile(rb'\b(Id|Target)="([^"]*)"')


def workbook_rows(path: Path, columns: Columns, shape: Shape) -> Iterator[Row]:
    """The rows of the sheet that `shape` names, or the first one. Raises TableError."""
    try:
        _refuse_bomb(path)
        with CalamineWorkbook.from_path(path) as book:
            place = _place(book.sheet_names, shape.sheet, path.name)
            sheet = book.get_sheet_by_index(place)
            _refuse_merged(sheet, path.name)
            written = _written(path, place)
            _refuse_uncomputed(written, path.name, sheet.name)
            yield from _rows(sheet, _errors(written), path.name, columns, shape)
    except PasswordError as error:
        raise _broken(path.name, "password") from error
    except (CalamineError, zipfile.BadZipFile, OSError, KeyError) as error:
        raise _broken(path.name, str(error)) from error


def _rows(
    sheet: CalamineSheet, errors: Errors, name: str, columns: Columns, shape: Shape
) -> Iterator[Row]:
    lines = ((number, [_text(cell) for cell in row]) for number, row in _filled(sheet, errors))
    names: Sequence[str] = shape.columns or next(lines, (0, []))[1]
    header = checked_header(names, name, columns)
    for line, cells in lines:
        yield line, {key: cell for key, cell in zip(header, cells, strict=False) if key}, None


def _filled(sheet: CalamineSheet, errors: Errors) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Errors are words: a score that is one is its row's problem, and none that is missing."""
    first = sheet.start[1] if sheet.start else 0
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        row: list[Cell] = list(cells)
        for column, error in errors.get(number, ()):
            if first <= column < first + len(row):
                row[column - first] = error
        if any(cell != "" for cell in row):
            yield number, row


def _text(cell: Cell) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _place(sheets: Sequence[str], wanted: str, name: str) -> int:
    if not wanted:
        return 0
    if wanted not in sheets:
        raise TableError(
            gettext_noop('%(name)s has no sheet "%(sheet)s"; its sheets are %(sheets)s'),
            gettext_noop("name one of them in the mapping"),
            name=name,
            sheet=wanted[:100],
            sheets=", ".join(sheets[:20]),
        )
    return sheets.index(wanted)


def _refuse_bomb(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > _MOST_BYTES:
            raise TableError(
                gettext_noop("%(name)s is larger than %(limit)d MiB"),
                gettext_noop("divide it into several tables"),
                name=path.name,
                limit=_MOST_BYTES // 2**20,
            )


def _refuse_merged(sheet: CalamineSheet, name: str) -> None:
    merged = sheet.merged_cell_ranges
    if merged:
        (top, left), (bottom, right) = merged[0]
        raise TableError(
            gettext_noop('%(name)s, sheet "%(sheet)s": the cells %(cells)s are merged'),
            gettext_noop("unmerge all cells of the sheet, so that each row has its own values"),
            name=name,
            sheet=sheet.name,
            cells=f"{_letters(left)}{top + 1}:{_letters(right)}{bottom + 1}",
        )


def _letters(column: int) -> str:
    """The name of a column by its number from 0."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _written(path: Path, place: int) -> bytes:
    """The sheet as it is written in the workbook."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(_member(archive, place))


def _errors(written: bytes) -> Errors:
    found: dict[int, list[tuple[int, str]]] = {}
    for cell in _ERROR.finditer(written):
        place = (_number(cell["column"].decode()), cell["error"].decode())
        found.setdefault(int(cell["row"]), []).append(place)
    return found


def _number(letters: str) -> int:
    """The number from 0 of a column by its name."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _refuse_uncomputed(written: bytes, name: str, sheet: str) -> None:
    found = _UNCOMPUTED.search(written)
    if found:
        raise TableError(
            gettext_noop('%(name)s, sheet "%(sheet)s": the formula in %(cell)s has no value'),
            gettext_noop("open the workbook in a spreadsheet program and save it"),
            name=name,
            sheet=sheet,
            cell=found["cell"].decode(),
        )


def _member(archive: zipfile.ZipFile, place: int) -> str:
    """The name of the member that holds a sheet, by the sheet's place."""
    sheets = _SHEET.findall(archive.read("xl/workbook.xml"))
    relations = _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {pair[b"Id"]: pair[b"Target"] for pair in map(_attributes, relations)}
    target = targets[sheets[place]].decode()
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _attributes(tag: bytes) -> dict[bytes, bytes]:
    return dict(_ATTRIBUTE.findall(tag))


def _broken(name: str, reason: str) -> TableError:
    return TableError(
        gettext_noop("%(name)s cannot be read as a workbook: %(reason)s"),
        gettext_noop("save it again as .xlsx without a password, or save the sheet as CSV"),
        name=name,
        reason=reason[:200],
    )
