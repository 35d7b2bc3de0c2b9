"""What a format of the export is, and the registry in which it is found by name.

To add one: a file here that registers it in `FORMATS`, and the file's name in this package's
`__init__`; the API, the export page and `manage.py export_study` then offer it. Every
entry meets the common tests in `tests/annotation/opinion/export/formats`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from workbench.core.registry import Entry, Registry

#: One stimulus with all that was collected about it, as `opinion.export.records` makes it.
Record = dict[str, Any]
#: Texts that are joined before they are sent: some tens of kilobytes.
_BATCH = 100


@dataclass(frozen=True)
class Header:
    """What holds for all records."""

    #: The perspectives' keys, in the study's order.
    perspectives: tuple[str, ...]


class Format(Entry, Protocol):
    """One format in which the collected database is exported."""

    @property
    def extension(self) -> str:
        """Of its files, without the dot."""

    @property
    def content_type(self) -> str:
        """Of its files, with their encoding if they are texts."""

    @property
    def label(self) -> str:
        """Its name for people: an English text, translated when it is shown."""

    def encode(self, records: Iterable[Record], header: Header) -> Iterator[bytes]:
        """The records as bytes, piece by piece: memory does not grow with their number."""


FORMATS = Registry[Format]("export format")


def format_of(name: str) -> Format | None:
    """The format of that name, or of files that end in it; None if there is none."""
    by_extension = {form.extension: form for form in FORMATS.values()}
    return FORMATS[name] if name in FORMATS else by_extension.get(name)


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
