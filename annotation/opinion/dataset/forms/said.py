"""What each form says of itself: release, scales, direction, what is missing, time zone. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from workbench.core.tables import csv_lines

from ...export.facts import TIME_ZONE
from ...export.formats.base import in_batches
from ..facts import DatasetFacts
from .values import Values


def release_in_words(facts: DatasetFacts) -> str:
    """One line: the dataset, its version, and the release of opinion scores."""
    report = facts.report
    title = " ".join(facts.described.title.split())
    return (
        f"{title}, version {facts.version} ({facts.name}): opinion scores "
        f"“{report.name}”, SHA-256 {report.digest}, method {report.method}, version "
        f"{report.version}."
    )


def about(facts: DatasetFacts, values: Mapping[str, Values]) -> dict[str, Any]:
    """The same for programs, with the scale of each perspective's scores."""
    return {
        "dataset": facts.name,
        "title": facts.described.title,
        "release": facts.report.name,
        "release_sha256": facts.report.digest,
        "licence": facts.described.licence,
        "time_zone": TIME_ZONE,
        "scales": {key: scale_of(item) for key, item in values.items()},
    }


def scale_of(values: Values) -> dict[str, Any]:
    return {
        "what": values.what,
        "minimum": values.scale.minimum,
        "maximum": values.scale.maximum,
        "direction": values.scale.direction,
        "standard_deviation_on": values.spread_scale,
    }


def scales_in_words(values: Mapping[str, Values]) -> Iterator[str]:
    """A line for each perspective."""
    for key, item in values.items():
        low, high = item.scale.minimum, item.scale.maximum
        spread = f"; standard deviations of single scores on {item.spread_scale}"
        yield (
            f"{key}: {item.what}, from {low:g} to {high:g}, {item.scale.direction} is better"
            f"{spread if item.spread_scale else ''}."
        )


def text(lines: Iterable[str]) -> list[bytes]:
    return ["".join(f"{line}\n" for line in lines).encode()]


def json_text(document: object) -> list[bytes]:
    return [f"{json.dumps(document, ensure_ascii=False, indent=1)}\n".encode()]


def json_array(items: Iterable[object]) -> Iterator[bytes]:
    """An item a line; memory does not grow with their number."""
    return in_batches(_array(items))


def json_lines(items: Iterable[object]) -> Iterator[bytes]:
    return in_batches(f"{_compact(item)}\n" for item in items)


def csv_text(rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    return in_batches(csv_lines([row], raw=True) for row in rows)


def _array(items: Iterable[object]) -> Iterator[str]:
    yield "["
    for number, item in enumerate(items):
        yield f"{',' if number else ''}\n{_compact(item)}"
    yield "\n]\n"


def _compact(item: object) -> str:
    return json.dumps(item, ensure_ascii=False, allow_nan=False)
