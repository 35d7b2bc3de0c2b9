"""The rows of a mapping's table, from one file or from several that are one table together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, repeat, zip_longest
from pathlib import Path
from typing import Any

from workbench.core.tables import Columns, Record, TableError, open_table
from workbench.core.tables.header import checked_header
from workbench.core.texts import gettext_noop

from .document import BELOW, BY_LINE, FilePart, TableMapping
from .label_studio import is_task, task_row

#: Files that a pattern of names may mean.
_MOST_FILES = 10_000


def read_rows(path: Path, mapping: TableMapping) -> Iterator[Record]:
    """The rows of the file at `path`; of a mapping with several files, `path` is the first of them,
    or the folder in which they are. Raises TableError."""
    columns = Columns(mapping.required, mapping.columns | set(mapping.metadata), mapping.numbers)
    if not mapping.files:
        return map(flat, open_table(path, columns))
    parts = list(_parts(path, mapping.files))
    if mapping.join == BELOW:
        return _numbered(chain.from_iterable(_rows(part, files, columns) for part, files in parts))
    apart = replace(columns, required=(), others=columns.others | set(columns.required))
    tables = [(_name(part, files), _rows(part, files, apart)) for part, files in parts]
    joined = _by_line(tables) if mapping.join == BY_LINE else _by_column(tables, mapping.by)
    return _numbered(_checked(joined, columns, path.name))


def flat(record: Record) -> Record:
    """A task of Label Studio as a row; any other row as it is."""
    return replace(record, values=task_row(record.values)) if is_task(record.values) else record


def _parts(path: Path, parts: Sequence[FilePart]) -> Iterator[tuple[FilePart, list[Path]]]:
    """Each with its files; without those that are optional and absent."""
    folder = path if path.is_dir() else path.parent
    for place, part in enumerate(parts):
        if part.given:
            yield part, []
            continue
        first = place == 0 and path.is_file() and not _is_pattern(part.file)
        files = [path] if first else _files(folder, part.file)
        if files:
            yield part, files
        elif not part.optional:
            raise TableError(
                gettext_noop('there is no file "%(name)s" in %(folder)s'),
                gettext_noop("give the folder that contains all files of the database"),
                name=part.file,
                folder=folder.name,
            )


def _is_pattern(name: str) -> bool:
    return any(sign in name for sign in "*?[")


def _files(folder: Path, name: str) -> list[Path]:
    """In the folder; if there are none, below it."""
    found = sorted(file for file in folder.glob(name) if file.is_file())
    found = found or sorted(file for file in folder.rglob(name) if file.is_file())
    if len(found) > (_MOST_FILES if _is_pattern(name) else 1):
        raise TableError(
            gettext_noop('there are %(count)d files "%(name)s" below %(folder)s'),
            gettext_noop("give the folder in which the right one is"),
            count=len(found),
            name=name,
            folder=folder.name,
        )
    return found


def _name(part: FilePart, files: Sequence[Path]) -> str:
    return files[0].name if files else ", ".join(part.given)


def _rows(part: FilePart, files: Sequence[Path], columns: Columns) -> Iterator[Record]:
    """A part's rows, each as often as it counts."""
    required = tuple(key for key in columns.required if key not in part.values)
    known = replace(columns, required=required, words=part.rename)
    tables = (open_table(file, known, part.shape) for file in files)
    once = chain(_given(part), chain.from_iterable(tables))
    filled = (_filled(record, part.values) for record in once) if part.values else once
    each = chain.from_iterable(repeat(record, part.each) for record in filled)
    return chain.from_iterable(repeat(list(each), part.times)) if part.times > 1 else each


def _given(part: FilePart) -> Iterator[Record]:
    for number, values in enumerate(zip(*part.given.values(), strict=False), start=1):
        yield Record(number, number, dict(zip(part.given, values, strict=True)))


def _filled(record: Record, values: Mapping[str, Any]) -> Record:
    return replace(record, values={**record.values, **values})


def _numbered(records: Iterator[Record]) -> Iterator[Record]:
    for number, record in enumerate(records, start=1):
        yield replace(record, row=number)


def _by_line(tables: Sequence[tuple[str, Iterator[Record]]]) -> Iterator[Record]:
    names = [name for name, _rows in tables]
    for number, rows in enumerate(zip_longest(*(rows for _name, rows in tables)), start=1):
        if None in rows:
            short = names[rows.index(None)]
            other = names[next(place for place, row in enumerate(rows) if row is not None)]
            raise TableError(
                gettext_noop("%(short)s has %(count)d rows, %(other)s has more"),
                gettext_noop("use the files of one release: they belong together line by line"),
                short=short,
                count=number - 1,
                other=other,
            )
        yield _joined(rows)


def _by_column(tables: Sequence[tuple[str, Iterator[Record]]], by: str) -> Iterator[Record]:
    """The first table's rows, with what the others say of them."""
    (_name, first), *others = tables
    found = [{_key(record, by): record for record in rows} for _other, rows in others]
    for record in first:
        key = _key(record, by)
        yield _joined((record, *(table[key] for table in found if key in table)))


def _key(record: Record, by: str) -> str:
    return str(record.values.get(by, "")).strip()


def _joined(records: Sequence[Record]) -> Record:
    values: dict[str, Any] = {}
    for record in reversed(records):
        values |= record.values
    problem = next((record.problem for record in records if record.problem), None)
    return replace(records[0], values=values, problem=problem)


def _checked(records: Iterator[Record], columns: Columns, name: str) -> Iterator[Record]:
    for number, record in enumerate(records):
        if number == 0 and record.problem is None:
            checked_header(list(record.values), name, columns)
        yield record
