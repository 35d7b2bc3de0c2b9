"""Charts as numbers for SVG templates: no script draws them, and no style attribute.

Each has a title, axes with numbers, and a sentence in place of an empty picture.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

from workbench.templatetags.numbers import shown_mark, shown_range

from ...protocol.scales import Scale

#: Of the plot, in SVG units; around it is room for numbers and titles.
WIDTH, HEIGHT = 320.0, 110.0
#: A scale of more levels is drawn in ten equal parts.
_MOST_LEVELS = 11
_PARTS = 10
#: A lone bar is as wide as one of so many, not as the plot.
_FEWEST = 5
#: The same for marks; and how thick they are.
_FEWEST_MARKS = 30
_MARK_HEIGHT = 3.0
#: More numbers below the plot would run into each other; above so many bars they have none on top.
_MOST_TICKS = 12
_MOST_VALUES = 12
#: About so many numbers along the left side.
_COUNT_TICKS = 4
#: Letters of a level's name that fit below its bar.
_NAME_LENGTH = 11


@dataclass(frozen=True)
class Tick:
    """A number on an axis, and its place along the plot."""

    place: float
    label: str


@dataclass(frozen=True)
class Bar:
    """One bar, in the drawing's units; `label` is its tooltip, `value` stands on top of it."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: str = ""

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 3)


@dataclass(frozen=True)
class Chart:
    """Bars over an axis. `nothing` is said if there are none."""

    bars: list[Bar]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    title: str = ""
    note: str = ""
    x_title: str = ""
    y_title: str = ""
    nothing: str = ""

    @property
    def summary(self) -> str:
        """All of it in words, for those who do not see it."""
        return "; ".join(bar.label for bar in self.bars)

    @property
    def width(self) -> float:
        return WIDTH

    @property
    def height(self) -> float:
        return HEIGHT

    def titled(self, title: str, *, nothing: str, x: str = "", y: str = "", note: str = "") -> Self:
        return replace(self, title=title, x_title=x, y_title=y, nothing=nothing, note=note)


NO_CHART = Chart([], [], [])


def bars(values: Sequence[int], labels: Sequence[str], ticks: Sequence[str] = ()) -> Chart:
    """One bar per value on an axis of counts from 0; `ticks` stand below the bars (default: their
    labels)."""
    if not any(values):
        return NO_CHART
    axis = count_ticks(max(values))
    top, step = axis[-1], WIDTH / max(len(values), _FEWEST)
    drawn = [
        Bar(
            x=round(place * step + step * 0.08, 3),
            y=round(HEIGHT - HEIGHT * value / top, 3),
            width=round(step * 0.84, 3),
            height=round(HEIGHT * value / top, 3),
            label=f"{label}: {value}",
            value=f"{value}" if value and len(values) <= _MOST_VALUES else "",
        )
        for place, (value, label) in enumerate(zip(values, labels, strict=True))
    ]
    names = thinned([_short(name) for name in ticks or labels])
    return Chart(
        drawn,
        x_ticks=[Tick(bar.middle, name) for bar, name in zip(drawn, names, strict=True) if name],
        y_ticks=[Tick(round(HEIGHT - HEIGHT * number / top, 3), f"{number}") for number in axis],
    )


def marks(scale: Scale, scores: Sequence[float], labels: Sequence[str]) -> Chart:
    """A short dash per score of the scale, in order from left to right, as high as the score is.

    A constant score shows as a line.
    """
    if not scores:
        return NO_CHART
    step = WIDTH / max(len(scores), _FEWEST_MARKS)
    drawn = [
        Bar(
            x=round(place * step, 3),
            y=round((HEIGHT - _MARK_HEIGHT) * (1 - scale.to_unit(score)), 3),
            width=round(step * 0.84, 3),
            height=_MARK_HEIGHT,
            label=label,
        )
        for place, (score, label) in enumerate(zip(scores, labels, strict=True))
    ]
    shown = sorted({1, len(scores)})
    return Chart(
        drawn,
        x_ticks=[Tick(drawn[number - 1].middle, str(number)) for number in shown],
        y_ticks=[Tick(round(HEIGHT * (1 - at), 3), name) for at, name in scale_ticks(scale)],
    )


def histogram(
    scale: Scale, counts: Iterable[tuple[float, int]], names: Sequence[str] = ()
) -> Chart:
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
        levels = [scale.from_unit(place / (parts - 1)) for place in range(parts)]
        return bars(values, [shown_mark(level) for level in levels])
    edges = [scale.from_unit(place / parts) for place in range(parts + 1)]
    return bars(values, [shown_range(low, high) for low, high in pairwise(edges)])


def scale_ticks(scale: Scale) -> list[tuple[float, str]]:
    """Five numbers along a scale, each with its place on 0…1."""
    return [(index / 4, shown_mark(scale.from_unit(index / 4))) for index in range(5)]


def count_ticks(most: int) -> list[int]:
    """Round whole numbers from 0 to `most` or a little more, in equal steps."""
    step = _round_step(most / _COUNT_TICKS)
    return list(range(0, -(-most // step) * step + 1, step))


def thinned(names: Sequence[str]) -> list[str]:
    """So many of the names, evenly and with the last, that they do not run into each other; the
    others empty."""
    step, last = _round_step(len(names) / _MOST_TICKS), len(names) - 1
    return [
        name if place == last or (place % step == 0 and last - place > step / 2) else ""
        for place, name in enumerate(names)
    ]


def _round_step(least: float) -> int:
    """The first of 1, 2, 5, 10, 20, 50, … that is not below `least`."""
    power = 1
    while 5 * power < least:
        power *= 10
    return next(step for step in (power, 2 * power, 5 * power) if step >= least)


def _short(name: str) -> str:
    return name if len(name) <= _NAME_LENGTH else f"{name[: _NAME_LENGTH - 1]}…"
