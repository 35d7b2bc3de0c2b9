"""What a format of the export is, and the registry in which it is found by name.

To add one: a file here that registers it in `FORMATS`, and the file's name in this package's
`__init__`; the API, the export page and `manage.py export_study` then offer it. Every
entry meets the common tests in `tests/annotation/opinion/export/formats`.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

import pyarrow as pa

from workbench.core.errors import MintError
from workbench.core.registry import Entry, Registry

from ..facts import Facts
from ..scores import Table
from ..writing import Writing

#: One stimulus with what was collected about it, as `opinion.export.records` makes it.
Record = dict[str, Any]
T = TypeVar("T")
#: Texts that are joined before they are sent: some tens of kilobytes.
_BATCH = 100


class RecordError(MintError):
    """A record that no file can hold."""

    code = "record_invalid"


class Source(Protocol):
    """A study's database at one moment; each of its parts is read as it is taken."""

    @property
    def facts(self) -> Facts: ...

    def rows(self, table: Table, writing: Writing) -> Iterator[bytes]:
        """The rows of a table, some thousand at a time."""

    def batches(self, table: Table, schema: pa.Schema) -> Iterator[pa.Table]:
        """The same as Arrow's columns; schema: of all columns of the table."""

    def images(self) -> Iterator[Record]:
        """Every image with its opinion scores, without trials and published scores."""

    def records(self) -> Iterator[Record]:
        """Every image with all that was collected about it."""

    def sessions(self) -> Iterator[Record]:
        """Every sitting, by the columns of its table (`export.people`)."""

    def raters(self) -> Iterator[Record]:
        """Every rater who has sat, likewise."""


class Format(Entry, Protocol):
    """One format in which the collected database is exported."""

    @property
    def extension(self) -> str:
        """Of its files, without the first dot; formats may share the end of theirs."""

    @property
    def content_type(self) -> str:
        """Of its files, with their encoding if they are texts."""

    @property
    def label(self) -> str:
        """Its name for people: an English text, translated when it is shown."""

    def encode(self, source: Source, *, raw: bool) -> Iterator[bytes]:
        """The database as bytes, piece by piece: memory does not grow with its size.

        raw: for scripts, no concessions to spreadsheets (`workbench.core.tables.writing`). Raises
        RecordError naming a number that is not finite: no reader expects one.
        """


FORMATS = Registry[Format]("export format")


def format_of(name: str) -> Format | None:
    """The format of that name, or that writes files of that ending: the longest one that fits; None
    if there is none."""
    if name in FORMATS:
        return FORMATS[name]
    fitting = [form for form in FORMATS.values() if f".{name}".endswith(f".{form.extension}")]
    return max(fitting, key=lambda form: len(form.extension), default=None)


def written(records: Iterable[Record], write: Callable[[Record], T]) -> Iterator[T]:
    """What `write` makes of each record; its ValueError becomes a RecordError that names the number
    that cannot be written."""
    for record in records:
        try:
            made = write(record)
        except ValueError as error:
            place = next(not_finite(record), str(error))
            raise RecordError(f"{record['filename']} cannot be exported: {place}") from error
        yield made


def not_finite(value: Any, place: str = "") -> Iterator[str]:
    """Where numbers are not finite, as a path of keys."""
    if isinstance(value, float) and not math.isfinite(value):
        yield f"{place} is {value}"
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value, start=1):
            yield from not_finite(item, f"{place} {key}".strip())


def in_batches(texts: Iterable[str]) -> Iterator[bytes]:
    """Short texts joined to larger pieces, in UTF-8."""
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == _BATCH:
            yield "".join(batch).encode()
            batch = []
    if batch:
        yield "".join(batch).encode()
