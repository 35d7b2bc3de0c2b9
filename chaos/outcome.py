"""What a row of the table finds, and the table."""

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.site import Say
from chaos.ledger import Reconciled
from chaos.site import Sites


class SkippedError(Exception):
    """A row that cannot be run here, with what it lacks."""


@dataclass(frozen=True)
class Plan:
    """How much there is of everything: a row's `seconds` of rating by `raters`, and the seed of
    all that is drawn by chance. `pause`: a rater's mean seconds of thought."""

    seconds: float = 60.0
    raters: int = 32
    pause: float = 0.5
    seed: int = 1


@dataclass
class Outcome:
    """One row. `figures`: what was measured, by name; `broken`: every promise that was not kept."""

    figures: dict[str, Any] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    skipped: str = ""
    reconciled: Reconciled | None = None

    @property
    def kept(self) -> bool:
        return not self.broken and not self.skipped

    @property
    def verdict(self) -> str:
        if self.skipped:
            return f"skipped: {self.skipped}"
        return "kept" if self.kept else "broken: " + "; ".join(self.broken)

    def demand(self, promise: str, is_kept: bool) -> None:
        """Notes a promise that is not kept."""
        if not is_kept:
            self.broken.append(promise)

    def within(self, name: str, seconds: float | None, most: float) -> None:
        """Notes a time, and that it is longer than promised, or that it never came."""
        self.figures[name] = "never" if seconds is None else f"{seconds:.1f} s"
        self.demand(f"{name} within {most:g} s", seconds is not None and seconds <= most)

    def nothing_lost(self, found: Reconciled) -> None:
        """Notes how many ratings were held against each other, and every difference."""
        self.reconciled = found
        self.figures["acknowledged"] = found.acknowledged
        self.figures["lost"] = found.lost
        for name, number in found.faults.items():
            self.broken.append(f"{number} {name.replace('_', ' ')}")


@dataclass(frozen=True)
class Row:
    """A line of the table: its name, the fault, the promise, and what is done."""

    name: str
    fault: str
    promise: str
    act: Callable[[Plan, Sites], Outcome]


def run_rows(rows: Sequence[Row], plan: Plan, say: Say) -> dict[str, Outcome]:
    """All rows, one after the other; one that breaks off is broken, and the next one begins."""
    found = {}
    with Sites(say) as sites:
        for row in rows:
            say(f"\n{row.name}: {row.fault}")
            found[row.name] = outcome = _outcome(row, plan, sites)
            say(f"  {figures_of(outcome)} -- {outcome.verdict}")
    return found


def _outcome(row: Row, plan: Plan, sites: Sites) -> Outcome:
    try:
        return row.act(plan, sites)
    except SkippedError as reason:
        return Outcome(skipped=str(reason))
    except Exception as error:  # noqa: BLE001 -- a table with a hole says more than none
        sites.say(traceback.format_exc())
        sites.give_up()
        return Outcome(broken=[f"broke off: {(str(error).splitlines() or [''])[0]}"])


def figures_of(outcome: Outcome) -> str:
    return ", ".join(f"{name} {value}" for name, value in outcome.figures.items())


def markdown(rows: Sequence[Row], found: Mapping[str, Outcome]) -> list[str]:
    """The table as docs/reliability.md has it."""
    lines = ["| row | fault | promise | measured | verdict |", "|---|---|---|---|---|"]
    for row in rows:
        if row.name in found:
            outcome = found[row.name]
            cells = (f"`{row.name}`", row.fault, row.promise, figures_of(outcome), outcome.verdict)
            lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return lines
