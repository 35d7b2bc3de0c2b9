"""CSV with one row per stimulus: what it is, and its opinion score from each perspective.

No cell holds a structure: metadata have columns of their own, and those of their values that are
structures are left to JSON Lines.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from workbench.core.tables import CSV_TYPE, csv_lines, csv_start
from workbench.core.texts import gettext_noop

from .base import FORMATS, IMAGE, Header, Record, in_batches, not_finite, written

#: The mean of the ratings that count.
_MOS = ("mos", "sd", "n")
_SCALE = ("minimum", "maximum")
#: What the study's method makes of them, on a scale of its own.
_OPINION = ("score", "standard_error", "low", "high", "method", "minimum", "maximum")


class ImageTable:
    name = "images"
    extension = "images.csv"
    version = "2"
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
    names = (*_MOS, *_SCALE, *(f"opinion_{name}" for name in _OPINION))
    scores = [f"{name}_{key}" for key in header.perspectives for name in names]
    return [*IMAGE, *scores, *(f"metadata_{key}" for key in header.metadata)]


def _cells(record: Record, header: Header) -> Iterator[Any]:
    yield from (record[name] for name in IMAGE)
    for key in header.perspectives:
        opinion = record["mos"][key]
        yield from (opinion[name] for name in _MOS)
        yield from (opinion["scale"][name] for name in _SCALE)
        yield from (opinion[name] for name in _OPINION)
    for key in header.metadata:
        value = record["metadata"].get(key)
        yield None if isinstance(value, dict | list) else value


FORMATS.register(ImageTable())
