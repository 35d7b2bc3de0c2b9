"""Figures: percentiles, tables for a person, JSON files for later."""

import json
import os
import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.machine import machine_facts

FOLDER = Path(__file__).parent / "results"
FORMAT = 1

#: Published figures of the peer, not measured here: Label Studio 1.23.2 with PostgreSQL, under its
#: Docker-style uwsgi, on a machine of the same size (two cores).
PEER: Mapping[str, Any] = {
    "name": "Label Studio 1.23.2",
    "measured": "elsewhere, on a machine of the same size",
    "ratings_per_second": [11, 14],
    "ratings_per_second_stored_67200": 8,
    "next_p95_ms": [330, 450],
    "browsers": 8,
    "export_annotations": 67_200,
    "export_seconds": [20, 29],
    "export_memory_mib": [850, 900],
}


def percentile(values: Sequence[float], percent: float) -> float:
    """By linear interpolation between closest ranks (NumPy's default).

    Raises ValueError for no values.
    """
    if not values:
        raise ValueError("no values: nothing was measured in the time given")
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def summary(milliseconds: Sequence[float], seconds: float) -> dict[str, float]:
    """Rate and latencies of requests that ended within `seconds`."""
    return {
        "count": len(milliseconds),
        "per_second": round(len(milliseconds) / seconds, 1),
        "mean_ms": round(statistics.fmean(milliseconds), 2),
        **{f"p{p}_ms": round(percentile(milliseconds, p), 2) for p in (50, 95, 99)},
    }


def write(name: str, facts: Mapping[str, Any], busy: float | None, folder: Path = FOLDER) -> Path:
    """Writes `<folder>/<name>.json`, completely or not at all; `busy`: cores that other programs
    kept busy, if that was watched."""
    folder.mkdir(parents=True, exist_ok=True)
    record = {
        "format": FORMAT,
        "benchmark": name,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine_facts(),
        **({} if busy is None else {"cores_busy_before": round(busy, 2)}),
        **facts,
    }
    path = folder / f"{name}.json"
    new = path.with_suffix(".new")
    with new.open("w") as file:
        file.write(json.dumps(record, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)
    return path


def table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Columns as wide as needed; the first one aligned left, figures aligned right."""
    cells = [[_cell(value) for value in row] for row in [headings, *rows]]
    widths = [max(len(row[place]) for row in cells) for place in range(len(headings))]
    lines = [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
    return [lines[0], "-" * len(lines[0]), *lines[1:]]


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
