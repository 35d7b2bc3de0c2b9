"""What a format of the export is, and the registry in which it is found by name.

To add one: a file here that registers it in `FORMATS`, and the file's name in this package's
`__init__`; the API, the export page and `manage.py export_study` then offer it. Every
entry meets the common tests in `tests/annotation/opinion/export/formats`.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from workbench.core.errors import MintError
from workbench.core.registry import Entry, Registry

#: One stimulus with all that was collected about it, as `opinion.export.records` makes it.
Record = dict[str, Any]
#: What a table says of a stimulus before its scores: keys of a record.
IMAGE = (
    "stimulus",
    "filename",
    "prompt",
    "generator",
    "split",
    "purpose",
    "attention_check",
    "state",
    "sha256",
    "width",
    "height",
)
#: Texts that are joined before they are sent: some tens of kilobytes.
_BATCH = 100


@dataclass(frozen=True)
class Header:
    """What holds for all records, and for whom the file is."""

    #: The perspectives' keys, in the study's order.
    perspectives: tuple[str, ...]
    #: The keys of the images' metadata, sorted.
    metadata: tuple[str, ...] = ()
    #: For scripts: no concessions to spreadsheets (`workbench.core.tables.writing`).
    raw: bool = False


class RecordError(MintError):
    """A record that no file can hold."""

    code = "record_invalid"


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

    def encode(self, records: Iterable[Record], header: Header) -> Iterator[bytes]:
        """The records as bytes, piece by piece: memory does not grow with their number.

        Raises RecordError naming a number that is not finite: no reader expects one.
        """


FORMATS = Registry[Format]("export format")


def format_of(name: str) -> Format | None:
    """The format of that name, or that writes files of that ending: the longest one that fits; None
    if there is none."""
    if name in FORMATS:
        return FORMATS[name]
    fitting = [form for form in FORMATS.values() if f".{name}".endswith(f".{form.extension}")]
    return max(fitting, key=lambda form: len(form.extension), default=None)


def written(records: Iterable[Record], write: Callable[[Record], str]) -> Iterator[str]:
    """What `write` makes of each record; its ValueError becomes a RecordError that names the number
    that cannot be written."""
    for record in records:
        try:
            text = write(record)
        except ValueError as error:
            place = next(not_finite(record), str(error))
            raise RecordError(f"{record['filename']} cannot be exported: {place}") from error
        yield text


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
