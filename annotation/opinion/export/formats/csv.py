"""CSV in long form: one row per score, superseded and published ones included, and one
for a stimulus without any. Every row with a number names the scale of that number.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from workbench.core.tables import CSV_TYPE, csv_lines, csv_start
from workbench.core.texts import gettext_noop

from .base import FORMATS, IMAGE, Header, Record, in_batches, written

_STIMULUS = (*IMAGE, "metadata")
#: Of every number in the row that is not an `opinion_…`: score, MOS and spread, or published score
#: and spread.
_SCALE = ("kind", "minimum", "maximum", "levels", "direction")
#: The mean of the rows that count.
_MOS = ("sd", "n")
#: What the study's method makes of them, on a scale of its own.
_OPINION = ("score", "standard_error", "low", "high", "method", "version", "minimum", "maximum")
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
_SCORE = ("score", "revision", "counts", "superseded_at")
_REASON = ("explanation_asked", "phrases", "text", "regions", "words", "language")
_PUBLISHED = ("mos", "sd", "raters", "source")
#: Of a record; their columns' names say that they are in UTC.
_TIMES = frozenset({"leased_at", "displayed_at", "submitted_at", "superseded_at"})

#: What a row's cells are called in a record.
_FIELDS = (
    *_STIMULUS,
    "perspective",
    *(f"scale_{name}" for name in _SCALE),
    "mos",
    *(f"mos_{name}" for name in _MOS),
    *(f"opinion_{name}" for name in _OPINION),
    *_TRIAL,
    *_SCORE,
    *_REASON,
    *(f"published_{name}" for name in _PUBLISHED),
)
COLUMNS = tuple(f"{name}_utc" if name in _TIMES else name for name in _FIELDS)


class Csv:
    name = extension = "csv"
    version = "4"
    citation = "RFC 4180"
    content_type = CSV_TYPE
    label = gettext_noop("CSV: one row per score")

    def encode(self, records: Iterable[Record], header: Header) -> Iterator[bytes]:
        yield csv_start(COLUMNS, raw=header.raw).encode()

        def lines(record: Record) -> str:
            return csv_lines(map(_cells, _rows(record, header.perspectives)), raw=header.raw)

        yield from in_batches(written(records, lines))


def _cells(row: Mapping[str, Any]) -> Iterator[Any]:
    return (_cell(name, row.get(name)) for name in _FIELDS)


def _cell(name: str, value: Any) -> Any:
    if isinstance(value, dict | list):
        return _compact(value)
    return datetime.fromisoformat(value) if value and name in _TIMES else value


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _rows(record: Record, perspectives: Iterable[str]) -> Iterator[dict[str, Any]]:
    stimulus = {name: record[name] for name in _STIMULUS}
    if not (record["trials"] or record["published"]):
        yield stimulus
    for published in record["published"]:
        yield stimulus | _published(published)
    for trial in record["trials"]:
        for perspective in perspectives:
            if perspective in trial["scores"]:
                opinion = _opinion(perspective, record["mos"][perspective])
                for score in _scores(trial, perspective):
                    yield stimulus | opinion | _prefixed("", trial, _TRIAL) | score


def _prefixed(prefix: str, values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {f"{prefix}{name}": values[name] for name in names}


def _published(published: Record) -> dict[str, Any]:
    """The row of a published score: its own columns are the last ones."""
    return {
        "perspective": published["perspective"],
        **_prefixed("scale_", published["scale"], _SCALE),
        **_prefixed("published_", published, _PUBLISHED),
    }


def _opinion(perspective: str, opinion: Record) -> dict[str, Any]:
    return {
        "perspective": perspective,
        "mos": opinion["mos"],
        **_prefixed("scale_", opinion["scale"], _SCALE),
        **_prefixed("mos_", opinion, _MOS),
        **_prefixed("opinion_", opinion, _OPINION),
    }


def _scores(trial: Record, perspective: str) -> Iterator[dict[str, Any]]:
    """The current entry, and the superseded ones, which never count."""
    reason = trial["explanations"].get(perspective, {})
    yield {
        "score": trial["scores"][perspective],
        "revision": trial["revisions"][perspective],
        "counts": trial["counts"][perspective],
        "explanation_asked": trial["explanation_asked"][perspective],
        # An empty list of marks is left empty; phrases that nobody chose are an empty object.
        **{name: value for name, value in reason.items() if value or name == "phrases"},
    }
    for earlier in trial["superseded"]:
        if earlier["perspective"] == perspective:
            yield {
                **_prefixed("", earlier, ("score", "revision", "superseded_at")),
                "counts": False,
            }


FORMATS.register(Csv())
