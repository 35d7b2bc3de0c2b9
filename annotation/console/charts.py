"""Bars for a 100 × 40 drawing area; the template draws them as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 100.0, 40.0


@dataclass(frozen=True)
class Bar:
    """One bar, in the drawing's units, and what a pointer over it says."""

    x: float
    y: float
    width: float
    height: float
    label: str


def bars(values: Sequence[int], labels: Sequence[str]) -> list[Bar]:
    """One bar per value, the highest as high as the drawing."""
    if not values:
        return []
    # A lone bar is as wide as one of ten, not as the page.
    top, step = max(*values, 1), WIDTH / max(len(values), 10)
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
