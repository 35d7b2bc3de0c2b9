"""CSV in long form, as PostgreSQL writes it: one row per score, or per explanation."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.core.tables import CSV_TYPE, csv_start
from workbench.core.texts import gettext_noop

from ..scores import EXPLANATIONS, SCORES, Table
from ..writing import CsvWriting
from .base import FORMATS, Source


@dataclass(frozen=True)
class Csv:
    name: str
    extension: str
    label: str
    table: Table
    version: str = "5"
    citation: str = "RFC 4180"
    content_type: str = CSV_TYPE

    def encode(self, source: Source, *, raw: bool) -> Iterator[bytes]:
        yield csv_start(self.table.names, raw=raw).encode()
        yield from source.rows(self.table, CsvWriting(raw=raw))


FORMATS.register(Csv("csv", "csv", gettext_noop("CSV: one row per score"), SCORES))
FORMATS.register(
    Csv(
        "explanations",
        "explanations.csv",
        gettext_noop("CSV: one row per explanation"),
        EXPLANATIONS,
    )
)
