"""Pictures as numbers for an SVG template: no script draws them, and no style attribute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotation.protocol.scales import Scale

from ...registry.holdout import HoldoutPoint

#: Side of the plot, and the room for labels on its left and below, in SVG units.
SIDE = 240.0
LEFT, BELOW = 34.0, 34.0
#: More points would be a blot; the first ones are as random as the hold-out.
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
            x=_across(point.expected.mean),
            y=SIDE - _across(point.mos),
            x0=_across(point.expected.mean - point.expected.epistemic_sd),
            x1=_across(point.expected.mean + point.expected.epistemic_sd),
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


@dataclass(frozen=True)
class Line:
    """One measure by epoch, between its own least and greatest value."""

    marks: list[tuple[float, float]]
    ticks: list[Tick]

    @property
    def path(self) -> str:
        """As the attribute `points` of a polyline."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.marks)


@dataclass(frozen=True)
class TrainingChart:
    """How a fine-tuning went, by epoch: its loss, and the error on its validation part, if any."""

    losses: Line
    validation: Line | None
    x_ticks: list[Tick]
    epochs: int
    best_epoch: int | None
    #: Of the best epoch, whose weights the model has.
    best_x: float | None

    @property
    def width(self) -> float:
        return SIDE

    @property
    def height(self) -> float:
        return SIDE / 2


def training_chart(curve: Mapping[str, Any] | None) -> TrainingChart | None:
    """The picture of `ModelVersion.curve`; None if only the last layer was trained."""
    if curve is None:
        return None
    epochs, best = len(curve["losses"]), curve["best_epoch"]
    shown = sorted({1, epochs} | ({best} if best else set()))
    return TrainingChart(
        losses=_line(curve["losses"]),
        validation=_line(curve["validation"]) if curve["validation"] else None,
        x_ticks=[Tick(_epoch_x(epoch, epochs), str(epoch)) for epoch in shown],
        epochs=epochs,
        best_epoch=best,
        best_x=_epoch_x(best, epochs) if best else None,
    )


def _line(values: Sequence[float]) -> Line:
    low, high, height = min(values), max(values), SIDE / 2

    def down(value: float) -> float:
        share = (high - value) / (high - low) if high > low else 0.5
        return round(share * height, 1)

    marks = [
        (_epoch_x(epoch, len(values)), down(value)) for epoch, value in enumerate(values, start=1)
    ]
    return Line(marks, [Tick(down(value), f"{value:.3f}") for value in sorted({low, high})])


def _epoch_x(epoch: int, epochs: int) -> float:
    return _across((epoch - 1) / (epochs - 1)) if epochs > 1 else SIDE / 2
