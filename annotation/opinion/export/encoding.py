"""The forms in which the collected database leaves: JSON Lines and CSV.

JSON Lines: one stimulus per line, as `opinion.export.records` reads it. CSV: one row per score
(long form), per published score too, and one for a stimulus with neither; spreadsheets must not
take a text for a formula, so a cell that looks like one begins with an apostrophe.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any

from workbench.core.spreadsheets import formula_safe

from .records import Record

_STIMULUS = (
    "stimulus",
    "filename",
    "prompt",
    "generator",
    "split",
    "purpose",
    "attention_check",
    "sha256",
)
_TRIAL = (
    "trial",
    "rater",
    "excluded",
    "weight",
    "session",
    "protocol",
    "position",
    "block",
    "role",
    "draw",
    "leased_at",
    "displayed_at",
    "submitted_at",
    "behaviour",
)
CSV_COLUMNS = (
    *_STIMULUS,
    "width",
    "height",
    "metadata",
    "perspective",
    "mos",
    "mos_sd",
    "mos_ci95",
    "mos_n",
    *_TRIAL,
    "score",
    "revision",
    "explanation_asked",
    "phrases",
    "text",
    "regions",
    "words",
    "language",
    "published_mos",
    "published_sd",
    "published_raters",
    "published_source",
)
#: Records that are joined before they are sent.
_BATCH = 100


class ExportFormat(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"


CONTENT_TYPES = {
    ExportFormat.JSONL: "application/x-ndjson",
    ExportFormat.CSV: "text/csv; charset=utf-8",
}


def encode(records: Iterable[Record], form: ExportFormat) -> Iterator[bytes]:
    """The records as bytes, in pieces of some tens of kilobytes."""
    return _jsonl(records) if form is ExportFormat.JSONL else _csv(records)


def _jsonl(records: Iterable[Record]) -> Iterator[bytes]:
    return _in_batches(
        records, lambda record: json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"
    )


def _csv(records: Iterable[Record]) -> Iterator[bytes]:
    yield _lines([CSV_COLUMNS]).encode()
    yield from _in_batches(records, lambda record: _lines(_long_rows(record)))


def _in_batches(records: Iterable[Record], write: Callable[[Record], str]) -> Iterator[bytes]:
    batch: list[str] = []
    for record in records:
        batch.append(write(record))
        if len(batch) == _BATCH:
            yield "".join(batch).encode()
            batch = []
    if batch:
        yield "".join(batch).encode()


def _lines(rows: Iterable[Iterable[Any]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


def _long_rows(record: Record) -> Iterator[list[Any]]:
    stimulus = [formula_safe(record[key]) for key in _STIMULUS]
    stimulus += [record["width"], record["height"], formula_safe(_compact(record["metadata"]))]
    if not (record["trials"] or record["published"]):
        yield _padded(stimulus)
    for published in record["published"]:
        yield _published(stimulus, published)
    for trial in record["trials"]:
        for perspective, opinion in record["mos"].items():
            if perspective in trial["scores"]:
                yield _padded(
                    [
                        *stimulus,
                        perspective,
                        *(opinion[key] for key in ("mos", "sd", "ci95", "n")),
                        *(_cell(trial[key]) for key in _TRIAL),
                        *_answer(trial, perspective),
                    ]
                )


def _padded(cells: list[Any]) -> list[Any]:
    return [*cells, *[None] * (len(CSV_COLUMNS) - len(cells))]


def _published(stimulus: list[Any], published: Record) -> list[Any]:
    """The row of a score that came with the database: its own columns are the last ones."""
    cells = _padded([*stimulus, published["perspective"]])
    last = [published[key] for key in ("mos", "sd", "raters")]
    return [*cells[: -len(last) - 1], *last, formula_safe(published["source"])]


def _answer(trial: Record, perspective: str) -> list[Any]:
    reason = trial["explanations"].get(perspective, {})
    return [
        trial["scores"][perspective],
        trial["revisions"][perspective],
        trial["explanation_asked"][perspective],
        _compact(reason["phrases"]) if reason else None,
        formula_safe(reason.get("text")),
        *(_compact(reason[key]) if reason.get(key) else None for key in ("regions", "words")),
        reason.get("language"),
    ]


def _cell(value: Any) -> Any:
    return _compact(value) if isinstance(value, dict) else value


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
