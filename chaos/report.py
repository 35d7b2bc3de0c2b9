"""The table in docs/reliability.md, between two marks."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import busy_warning
from chaos.outcome import Plan

DOCUMENT = Path(__file__).parents[1] / "docs" / "reliability.md"
_BEGIN, _END = "<!-- the table of `python -m chaos --write` -->", "<!-- its end -->"


def put_into_document(
    table: Sequence[str], machine: Mapping[str, Any], busy: float, plan: Plan, day: str
) -> None:
    """Replaces the table and the sentence on how it was measured."""
    before, _old, rest = _parted(DOCUMENT.read_text())
    shared = f" Mind: {busy_warning(busy)}." if busy_warning(busy) else ""
    said = (
        f"Measured {day}: {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, {machine['system']}; client and server share the machine. "
        f"{plan.raters} raters, {plan.seconds:g} s, seed {plan.seed}.{shared}"
    )
    text = "\n".join([before + _BEGIN, "", said, "", *table, "", _END + rest])
    DOCUMENT.write_text(text)


def _parted(text: str) -> tuple[str, str, str]:
    before, found, after = text.partition(_BEGIN)
    old, ended, rest = after.partition(_END)
    if not found or not ended:
        raise ValueError(f"{DOCUMENT} has no place for the table: {_BEGIN} … {_END}")
    return before, old, rest
