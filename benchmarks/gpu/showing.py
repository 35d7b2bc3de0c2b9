"""The rows as a Markdown table, for the documentation."""

from collections.abc import Mapping, Sequence

from benchmarks.gpu.rows import Figure, Row
from benchmarks.gpu.running import said


def markdown(rows: Sequence[Row], figures: Mapping[str, Sequence[Figure]]) -> list[str]:
    """A line for each figure, under the title of its row."""
    lines = ["| measured | | |", "| --- | --- | --- |"]
    for row in rows:
        found = figures.get(row.name) or [{"what": "", "skipped": "not measured: not begun"}]
        for place, figure in enumerate(found):
            title = row.title() if place == 0 else ""
            lines.append("| " + " | ".join((title, figure["what"], said(figure))) + " |")
    return [line.replace("|  |", "| |") for line in lines]
