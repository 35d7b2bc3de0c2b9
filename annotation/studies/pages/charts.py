"""Bars for a 100 × 40 drawing area; the template draws them as SVG."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ...protocol.scales import Scale

WIDTH, HEIGHT = 100.0, 40.0
#: A scale of more levels is drawn in ten equal parts.
_MOST_LEVELS = 11
_PARTS = 10
#: A lone bar is as wide as one of so many, not as the page.
_FEWEST = 5
#: The same for marks; and how thick they are.
_FEWEST_MARKS = 30
_MARK_HEIGHT = 2.0


@dataclass(frozen=True)
class Bar:
    """One bar, in the drawing's units, and its tooltip."""

    x: float
    y: float
    width: float
    height: float
    label: str


def bars(values: Sequence[int], labels: Sequence[str]) -> list[Bar]:
    """One bar per value, the highest as high as the drawing."""
    if not values:
        return []
    top, step = max(*values, 1), WIDTH / max(len(values), _FEWEST)
    return [
        Bar(
            x=round(place * step + step * 0.08, 3),
            y=round(HEIGHT - HEIGHT * value / top, 3),
            width=round(step * 0.84, 3),
            height=round(HEIGHT * value / top, 3),
            label=f"{label}: {value}",
        )
        for place, (value, label) in enumerate(zip(values, labels, strict=True))
    ]


def marks(units: Sequence[float], labels: Sequence[str]) -> list[Bar]:
    """A short dash per value of 0…1, in order from left to right, as high as the value is.

    A constant value shows as a line.
    """
    step = WIDTH / max(len(units), _FEWEST_MARKS)
    return [
        Bar(
            x=round(place * step, 3),
            y=round((HEIGHT - _MARK_HEIGHT) * (1 - unit), 3),
            width=round(step * 0.84, 3),
            height=_MARK_HEIGHT,
            label=label,
        )
        for place, (unit, label) in enumerate(zip(units, labels, strict=True))
    ]


def histogram(
    scale: Scale, counts: Iterable[tuple[float, int]], names: Sequence[str] = ()
) -> list[Bar]:
    """One bar per level of the scale, or per tenth of it if it has more levels than bars fit.

    `counts`: scores, and how often each was given. `names`: of the levels, if they have names.
    """
    by_level = scale.levels <= _MOST_LEVELS
    parts = scale.levels if by_level else _PARTS
    values = [0] * parts
    for score, number in counts:
        unit = scale.to_unit(score)
        place = round(unit * (parts - 1)) if by_level else min(parts - 1, int(unit * parts))
        values[place] += number
    if names:
        return bars(values, names)
    if by_level:
        ticks = [scale.from_unit(place / (parts - 1)) for place in range(parts)]
        return bars(values, [f"{tick:g}" for tick in ticks])
    edges = [scale.from_unit(place / parts) for place in range(parts + 1)]
    return bars(values, [f"{low:g}–{high:g}" for low, high in pairwise(edges)])
