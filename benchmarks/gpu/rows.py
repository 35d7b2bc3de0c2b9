"""The rows of the benchmark: a name, what it needs, and a function that measures it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.gpu.bench import Bench

#: One line of the table: `what` was measured, and its values by names that carry their units.
Figure = dict[str, Any]
Measure = Callable[[Bench], Iterator[Figure]]


@dataclass(frozen=True)
class Row:
    """minutes: its share of the time, after which it is ended. gib: what must be free on a GPU."""

    name: str
    minutes: float
    gib: float
    measure: Measure

    def address(self) -> tuple[str, str]:
        """The module and the name by which another process finds this row."""
        return self.measure.__module__, self.measure.__name__

    def title(self) -> str:
        """The first line of the function's docstring."""
        return (self.measure.__doc__ or self.name).strip().splitlines()[0]


class NotMeasuredError(Exception):
    """Why a row, or the rest of one, cannot be measured here."""


def attempted(figures: Callable[[], Iterable[Figure]], what: str = "") -> Iterator[Figure]:
    """The figures as they are found, `what` before what each says of itself; last of them why there
    are no more, if something is missing or too small here."""
    try:
        for figure in figures():
            yield figure | {"what": ", ".join(filter(None, (what, figure["what"])))}
    except NotMeasuredError as why:
        yield skipped(str(why), what)
    except Exception as error:  # noqa: BLE001  # whatever a library raises is what the row says
        first = (str(error).strip().splitlines() or ["no message"])[0]
        yield skipped(f"{type(error).__name__}: {first[:200]}", what)


def skipped(why: str, what: str = "", *, again: bool = False) -> Figure:
    """Why there is no figure; `again`: a later run may find one."""
    return {"what": what, "skipped": f"not measured: {why}"} | ({"again": True} if again else {})


def row(name: str, *, minutes: float, gib: float = 1) -> Callable[[Measure], Row]:
    """Makes a row of a function that yields its figures, each as soon as it is known."""
    return lambda measure: Row(name, minutes, gib, measure)
