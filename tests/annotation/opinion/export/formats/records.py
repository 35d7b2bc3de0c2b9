"""Made-up records as the export has them, and a source that has nothing else."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from annotation.opinion.export.columns import Column
from annotation.opinion.export.facts import Facts
from annotation.opinion.export.formats import FORMATS, Record
from annotation.opinion.export.formats.arrow import of_csv
from annotation.opinion.export.people import SESSIONS, rater_columns
from annotation.opinion.export.scores import Table
from annotation.opinion.export.writing import CsvWriting, JsonWriting, Writing
from annotation.protocol.perspectives import PerspectiveSettings
from annotation.protocol.scales import ACR5
from workbench.core.tables import csv_lines

SCALE = {"kind": "acr5", "minimum": 1, "maximum": 5, "levels": 5, "direction": "higher"}
FACTS = Facts(
    "demo",
    "Demo",
    tuple(PerspectiveSettings(key, key.title(), "?", ACR5) for key in ("quality", "warmth")),
    metadata=("style",),
)
#: Of a table's form, one record is one row.
TABLES = ("csv", "jsonl", "parquet", "explanations")
#: Of people, not of images.
PEOPLE = ("sessions", "sessionsparquet", "raters", "ratersparquet")
#: What a model expects, if there is none.
UNPREDICTED = dict.fromkeys(
    (
        "predicted",
        "predicted_sd",
        "predicted_posterior_sd",
        "predicted_misfit_sd",
        "predicted_rater_sd",
        "predicted_label_sd",
    )
)


@dataclass(frozen=True)
class Records:
    """Rows of the table of scores are written as PostgreSQL writes them, one for each record."""

    given: Iterable[Record]
    facts: Facts = FACTS

    def rows(self, table: Table, writing: Writing) -> Iterator[bytes]:
        for item in self.given:
            row = score_row(item, table)
            if isinstance(writing, JsonWriting):
                yield (json.dumps(row, ensure_ascii=False) + "\n").encode()
            else:
                assert isinstance(writing, CsvWriting)
                yield csv_lines([map(_word, row.values())], raw=writing.raw).encode()

    def batches(self, table: Table, schema: pa.Schema) -> Iterator[pa.Table]:
        for line in self.rows(table, CsvWriting(raw=True)):
            yield of_csv(line, schema)

    def images(self) -> Iterator[Record]:
        return iter(self.given)

    def records(self) -> Iterator[Record]:
        return iter(self.given)

    def sessions(self) -> Iterator[Record]:
        return (_person(SESSIONS) for _item in self.given)

    def raters(self) -> Iterator[Record]:
        return (_person(rater_columns(self.facts)) for _item in self.given)


def encoded(name: str, given: Iterable[Record], *, raw: bool = True, **facts: Any) -> bytes:
    source = Records(given, Facts(**{**vars(FACTS), **facts}))
    return b"".join(FORMATS[name].encode(source, raw=raw))


def score_row(record: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """The row of a record itself, without a score."""
    known = {**record, "kind": "image", "metadata": json.dumps(record["metadata"])}
    return {name: known.get(name) for name in table.names}


def _person(columns: Iterable[Column]) -> Record:
    """Nothing but a code."""
    return {**dict.fromkeys(column.name for column in columns), "rater": "r-1"}


def _word(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def opinion(mos: float | None = None, n: int = 0) -> Record:
    unknown = dict.fromkeys(("sd", "standard_error", "low", "high"))
    return {
        "mos": mos,
        "score": mos,
        **unknown,
        "n": n,
        "counts": None,
        "method": "mos",
        "version": "1",
        "release": 1,
        "minimum": 1.0,
        "maximum": 5.0,
        "scale": SCALE,
    }


def trial(**fields: Any) -> Record:
    return {
        "trial": 7,
        "rater": "r-1",
        "excluded": False,
        "weight": 1.0,
        "session": 2,
        "protocol": 1,
        "position": 0,
        "block": None,
        "role": "main",
        "draw": "priority",
        "leased_at": "2026-01-01T00:00:00+00:00",
        "displayed_at": None,
        "submitted_at": "2026-01-01T00:00:09+00:00",
        "behaviour": {"shown_ms": 900},
        "scores": {"quality": 4.0},
        "revisions": {"quality": 1},
        "counts": {"quality": True},
        "superseded": [],
        "explanation_asked": {"quality": False},
        "explanations": {},
        **fields,
    }


def record(number: int, **fields: Any) -> Record:
    return {
        "stimulus": number,
        "filename": f"{number:04}.png",
        "prompt": "ein Fuchs, 一只狐狸",
        "generator": "g",
        "split": "pool",
        "purpose": "main",
        "attention_check": False,
        "state": "in_use",
        "sha256": None,
        "width": None,
        "height": None,
        "metadata": {"style": "ink"},
        "state_reason": None,
        "draws": {"priority": 2},
        "predicted_by": None,
        "predicted_ratings": None,
        "predicted_learnt_at_utc": None,
        "predicted_stale": None,
        "predicted": dict.fromkeys(fields.get("mos", FACTS.keys), UNPREDICTED),
        "mos": {name: opinion() for name in FACTS.keys},
        "published": [],
        "trials": [],
        **fields,
    }
