"""CSV with one row per stimulus: what it is, and its opinion score from each perspective.

No cell holds a structure: metadata have columns of their own, and those of their values that are
structures are left to JSON Lines.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from workbench.core.tables import CSV_TYPE, csv_lines, csv_start
from workbench.core.texts import gettext_noop

from .base import FORMATS, IMAGE, Header, Record, in_batches, not_finite, written

#: Columns are called `mos_…` whatever the method: `method_…` names it.
_OPINION = ("mos", "sd", "standard_error", "low", "high", "n", "method")
_SCALE = ("minimum", "maximum")


class ImageTable:
    name = "images"
    extension = "images.csv"
    version = "1"
    citation = "RFC 4180"
    content_type = CSV_TYPE
    label = gettext_noop("CSV: one row per image")

    def encode(self, records: Iterable[Record], header: Header) -> Iterator[bytes]:
        yield csv_start(_columns(header), raw=header.raw).encode()

        def line(record: Record) -> str:
            if any(not_finite(record)):
                raise ValueError
            return csv_lines([_cells(record, header)], raw=header.raw)

        yield from in_batches(written(records, line))


def _columns(header: Header) -> list[str]:
    scores = [f"{name}_{key}" for key in header.perspectives for name in (*_OPINION, *_SCALE)]
    return [*IMAGE, *scores, *(f"metadata_{key}" for key in header.metadata)]


def _cells(record: Record, header: Header) -> Iterator[Any]:
    yield from (record[name] for name in IMAGE)
    for key in header.perspectives:
        opinion = record["mos"][key]
        yield from (opinion[name] for name in _OPINION)
        yield from (opinion["scale"][name] for name in _SCALE)
    for key in header.metadata:
        value = record["metadata"].get(key)
        yield None if isinstance(value, dict | list) else value


FORMATS.register(ImageTable())
