"""Tables with one row per sitting, and one per rater, as CSV."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from workbench.core.tables import CSV_TYPE, csv_lines, csv_start
from workbench.core.texts import gettext_noop

from ..columns import Column
from ..facts import Facts
from ..people import SESSIONS, cells, rater_columns
from .base import FORMATS, Record, Source, in_batches


@dataclass(frozen=True)
class PeopleTable:
    name: str
    label: str
    columns: Callable[[Facts], tuple[Column, ...]]
    records: Callable[[Source], Iterator[Record]]
    version: str = "1"
    citation: str = "RFC 4180"
    content_type: str = CSV_TYPE

    @property
    def extension(self) -> str:
        return f"{self.name}.csv"

    def encode(self, source: Source, *, raw: bool) -> Iterator[bytes]:
        columns = self.columns(source.facts)
        yield csv_start((item.name for item in columns), raw=raw).encode()
        rows = (cells(record, columns) for record in self.records(source))
        yield from in_batches(csv_lines([row], raw=raw) for row in rows)


FORMATS.register(
    PeopleTable(
        "sessions",
        gettext_noop("CSV: one row per sitting"),
        lambda facts: SESSIONS,
        lambda source: source.sessions(),
    )
)
FORMATS.register(
    PeopleTable(
        "raters",
        gettext_noop("CSV: one row per rater"),
        rater_columns,
        lambda source: source.raters(),
    )
)
