"""CSV in long form: one row per score, as PostgreSQL writes it."""

from collections.abc import Iterator

from workbench.core.tables import CSV_TYPE, csv_start
from workbench.core.texts import gettext_noop

from ..scores import NAMES
from ..writing import CsvWriting
from .base import FORMATS, Source


class Csv:
    name = extension = "csv"
    version = "5"
    citation = "RFC 4180"
    content_type = CSV_TYPE
    label = gettext_noop("CSV: one row per score")

    def encode(self, source: Source, *, raw: bool) -> Iterator[bytes]:
        yield csv_start(NAMES, raw=raw).encode()
        yield from source.score_rows(CsvWriting(raw=raw))


FORMATS.register(Csv())
