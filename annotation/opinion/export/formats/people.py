"""Tables with one row per session, and one per rater, as CSV and as Parquet."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from workbench.core.tables import CSV_TYPE, csv_lines, csv_start
from workbench.core.texts import gettext_noop

from ..columns import Column
from ..facts import Facts
from ..people import SESSIONS, cells, rater_columns, typed_cells
from .arrow import of_rows, parquet, schema_of
from .base import FORMATS, Record, Source, in_batches
from .parquet import FACTS


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


@dataclass(frozen=True)
class PeopleParquet:
    """The same, with types, and what its columns say."""

    table: PeopleTable
    label: str
    version: str = "1"
    citation: str = "Apache Parquet 2.6"
    content_type: str = "application/vnd.apache.parquet"

    @property
    def name(self) -> str:
        return f"{self.table.name}parquet"

    @property
    def extension(self) -> str:
        return f"{self.table.name}.parquet"

    def encode(self, source: Source, *, raw: bool) -> Iterator[bytes]:
        columns = self.table.columns(source.facts)
        schema = schema_of(columns, {FACTS: json.dumps(source.facts.to_json())})
        rows = (list(typed_cells(record, columns)) for record in self.table.records(source))
        return parquet(of_rows(rows, schema), schema)


_SITTINGS = PeopleTable(
    "sessions",
    gettext_noop("CSV: one row per session"),
    lambda facts: SESSIONS,
    lambda source: source.sessions(),
)
_RATERS = PeopleTable(
    "raters",
    gettext_noop("CSV: one row per rater"),
    rater_columns,
    lambda source: source.raters(),
)
FORMATS.register(_SITTINGS)
FORMATS.register(PeopleParquet(_SITTINGS, gettext_noop("Parquet: one row per session")))
FORMATS.register(_RATERS)
FORMATS.register(PeopleParquet(_RATERS, gettext_noop("Parquet: one row per rater")))
