"""Pictures as numbers for an SVG template: no script draws them, and no style attribute."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotation.protocol.scales import Scale

from ..selectors import HoldoutPoint

#: Side of the plot, and the room for labels on its left and below, in SVG units.
SIDE = 240.0
LEFT, BELOW = 34.0, 34.0
#: Beyond this many points a plot is a blot; the first ones are as random as the hold-out.
SHOWN = 400


@dataclass(frozen=True)
class Mark:
    """An image: its place, and the ends of its interval along x."""

    x: float
    y: float
    x0: float
    x1: float


@dataclass(frozen=True)
class Tick:
    place: float
    label: str


@dataclass(frozen=True)
class Scatter:
    """Predicted score (x) against MOS (y) of one perspective, on the study's scale."""

    label: str
    marks: list[Mark]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    total: int

    @property
    def side(self) -> float:
        return SIDE

    @property
    def shown(self) -> int:
        return len(self.marks)


def scatter(label: str, scale: Scale, points: Sequence[HoldoutPoint]) -> Scatter:
    """The picture of a hold-out; predictions beyond the scale are drawn at its end."""
    marks = [
        Mark(
            x=_across(point.mean),
            y=SIDE - _across(point.mos),
            x0=_across(point.mean - point.epistemic_sd),
            x1=_across(point.mean + point.epistemic_sd),
        )
        for point in points[:SHOWN]
    ]
    steps = [index / 4 for index in range(5)]
    labels = [f"{scale.from_unit(step):g}" for step in steps]
    return Scatter(
        label=label,
        marks=marks,
        x_ticks=[Tick(_across(at), text) for at, text in zip(steps, labels, strict=True)],
        y_ticks=[Tick(SIDE - _across(at), text) for at, text in zip(steps, labels, strict=True)],
        total=len(points),
    )


def _across(unit: float) -> float:
    return round(min(1.0, max(0.0, unit)) * SIDE, 1)
