"""Tables with one row per image: what it is, and its opinion score from each perspective."""

import json
from collections.abc import Iterator
from typing import Any

from workbench.core.tables import CSV_TYPE, csv_lines, csv_start
from workbench.core.texts import gettext_noop

from ..facts import Facts
from ..images import cells, columns
from .arrow import of_rows, parquet, schema_of
from .base import FORMATS, Record, Source, in_batches, not_finite, written
from .parquet import FACTS


class ImageTable:
    name = "images"
    extension = "images.csv"
    version = "4"
    citation = "RFC 4180"
    content_type = CSV_TYPE
    label = gettext_noop("CSV: one row per image")

    def encode(self, source: Source, *, raw: bool) -> Iterator[bytes]:
        facts = source.facts
        yield csv_start((item.name for item in columns(facts)), raw=raw).encode()

        def line(record: Record) -> str:
            return csv_lines([map(_word, _finite_cells(record, facts))], raw=raw)

        yield from in_batches(written(source.images(), line))


class ImageParquet:
    name = "imagesparquet"
    extension = "images.parquet"
    version = "2"
    citation = "Apache Parquet 2.6"
    content_type = "application/vnd.apache.parquet"
    label = gettext_noop("Parquet: one row per image")

    def encode(self, source: Source, *, raw: bool) -> Iterator[bytes]:
        facts = source.facts
        schema = schema_of(columns(facts), {FACTS: json.dumps(facts.to_json())})
        rows = written(source.images(), lambda record: _finite_cells(record, facts))
        return parquet(of_rows(rows, schema), schema)


def _finite_cells(record: Record, facts: Facts) -> list[Any]:
    if any(not_finite(record)):
        raise ValueError
    return list(cells(record, facts))


def _word(value: Any) -> Any:
    """True and false in the spelling of the other forms."""
    return str(value).lower() if isinstance(value, bool) else value


FORMATS.register(ImageTable())
FORMATS.register(ImageParquet())
