"""Balloons over a canyon."""

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from ..fields import RGB, Floats, Point, Vectors, column, direction, mix, smooth
from ..skies import Clouds, Sky
from ..solids import (
    box,
    capsule,
    near,
    terrain,
    union,
)
from ..stage import Camera, Lamp, Material, Solid, Stage
from .base import (
    CLOUDS,
    GRAIN,
    HILLS,
    RIDGES,
    Mistake,
    Subject,
    slope_of,
)

_PLACES = [
    (-1.7, 3.1, 6.0),
    (1.5, 2.2, 4.6),
    (0.2, 3.9, 10.5),
    (3.6, 4.0, 9.5),
    (-3.6, 2.3, 9.5),
    (-0.4, 1.9, 7.6),
]
_PALETTE: list[tuple[RGB, RGB]] = [
    ((0.75, 0.05, 0.03), (0.9, 0.7, 0.1)),
    ((0.05, 0.2, 0.55), (0.85, 0.85, 0.8)),
    ((0.85, 0.35, 0.03), (0.5, 0.04, 0.1)),
]


@dataclass(frozen=True)
class _Canyon:
    """Terraces of red rock."""

    shift: float

    def height(self, x: Floats, z: Floats) -> Floats:
        raw = (
            0.5
            + 0.5 * HILLS(x * 0.035 + self.shift, z * 0.035)
            + 0.25 * RIDGES(x * 0.06, z * 0.06 + self.shift)
        )
        steps = raw * 6
        stair = np.floor(steps) + smooth(0.0, 0.32, steps - np.floor(steps))
        found: Floats = stair * 0.62 - 2.4 + 0.08 * GRAIN(x * 0.25, z * 0.25)
        return found

    def paint(self, points: Vectors) -> Vectors:
        x, y, z = points
        layer = 0.5 + 0.5 * np.sin(y * 9 + 1.5 * GRAIN(x * 0.1, z * 0.1))
        cliff = mix(column((0.42, 0.15, 0.07)), column((0.7, 0.38, 0.2)), layer)
        flat = mix(
            column((0.5, 0.28, 0.14)),
            column((0.32, 0.26, 0.12)),
            smooth(-0.3, 0.4, GRAIN(x * 0.3, z * 0.3)),
        )
        return mix(flat, cliff, smooth(0.12, 0.4, slope_of(self.height, points, 0.05)))


def balloons(wrong: Collection[str], rng: np.random.Generator) -> Stage:
    shift = rng.uniform(0, 1)

    canyon = _Canyon(shift)
    number = 6 if "count" in wrong else 3
    solids = [Solid(terrain(canyon.height, 0.35), Material(canyon.paint, 0.95), thing=False)]
    palette = _PALETTE
    if "colour" in wrong:
        palette = [((0.2, 0.2, 0.2), (0.55, 0.55, 0.55))]
    for k, (x, y, z) in enumerate(_PLACES[:number]):
        at = (x + float(rng.uniform(-0.4, 0.4)), y + float(rng.uniform(-0.4, 0.3)), z)
        solids += _balloon(at, palette[k % len(palette)])
    sun = direction((0.55, rng.uniform(0.16, 0.26), 0.55))
    clouds = Clouds(
        CLOUDS,
        rng.uniform(0.42, 0.55),
        0.1,
        (1.4, 0.8, 0.5),
        (0.34, 0.25, 0.32),
        (float(rng.random()), float(rng.random())),
    )
    sky = Sky(
        (0.1, 0.2, 0.46), (0.7, 0.4, 0.25), sun, (0.8, 0.42, 0.16), 0.04, (6, 4, 2), 9, 0.5, clouds
    )
    return Stage(
        solids,
        Camera((0, 2.5, -2.2), (rng.uniform(-0.3, 0.3), 2.55, 4), 0.95),
        sky,
        sun=sun,
        sunlight=(4.2, 2.8, 1.7),
        hardness=12,
        above=(0.5, 0.5, 0.62),
        beneath=(0.32, 0.18, 0.1),
        lamps=[Lamp((-4, 7, -4), (30.0, 27.0, 25.0))],
        haze=0.018,
        haze_colour=(0.36, 0.3, 0.34),
        haze_sun=(0.8, 0.5, 0.28),
        haze_fall=0.1,
        exposure=0.92,
    )


def _balloon(at: Point, colours: tuple[RGB, RGB]) -> list[Solid]:
    x, y, z = at

    def stripes(points: Vectors) -> Vectors:
        turn = np.arctan2(points[0] - x, points[2] - z)
        gore = smooth(-0.12, 0.12, np.sin(turn * 8))
        zigzag = np.abs(np.mod(turn * 8 / math.pi, 1) - 0.5) * 0.25
        belt = smooth(0.16, 0.14, np.abs(points[1] - y - 0.05 - zigzag + 0.06))
        return mix(
            mix(column(colours[0]), column(colours[1]), gore), column(colours[1]) * 0.55, belt
        )

    def envelope(p: Vectors) -> Floats:
        rise = p[1] - y
        radius = np.hypot(p[0] - x, p[2] - z)
        top = np.sqrt(radius**2 + rise**2) - 0.78
        cone = (radius - 0.78 * (1 + (rise + 0.28) * 0.78)) * 0.76
        lower = np.maximum(cone, -1.14 - rise)
        found: Floats = np.where(rise > -0.42, top, np.maximum(top - 0.5, lower)).astype(np.float32)
        return found

    def ribs(p: Vectors) -> Floats:
        found: Floats = 0.02 * np.abs(np.sin(np.arctan2(p[0] - x, p[2] - z) * 8))
        return found

    basket = box((x, y - 1.52, z), (0.12, 0.1, 0.12), 0.02)
    ropes = union(
        *(
            capsule(
                (x + 0.16 * a, y - 1.1, z + 0.16 * b), (x + 0.11 * a, y - 1.45, z + 0.11 * b), 0.008
            )
            for a in (-1, 1)
            for b in (-1, 1)
        )
    )
    return [
        Solid(
            near((x, y - 0.3, z), 1.2, lambda p: envelope(p) * np.float32(0.8)),
            Material(stripes, 0.6, soft=0.7, bumps=ribs),
        ),
        Solid(near((x, y - 1.3, z), 0.5, union(basket, ropes)), Material((0.2, 0.11, 0.05), 0.9)),
    ]


SUBJECT = Subject(
    "balloons",
    "Three colourful hot air balloons over a desert canyon at sunrise",
    {
        "count": Mistake(0.8, "six balloons instead of three"),
        "colour": Mistake(0.7, "grey balloons instead of colourful ones"),
    },
    balloons,
)
