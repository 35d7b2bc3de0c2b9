"""A lighthouse on a cliff, painted in oil."""

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from ..fields import RGB, Floats, Point, Vectors, column, direction, mix, smooth
from ..skies import Clouds, Sky
from ..solids import (
    Distance,
    box,
    cylinder,
    near,
    placed,
    sphere,
    terrain,
    torus,
    union,
    within,
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
    water,
)


@dataclass(frozen=True)
class _Island:
    """A cliff on one side, -1 left or 1 right."""

    side: float
    shift: float

    def cliff(self, x: Floats, z: Floats) -> Floats:
        away = np.hypot((x - 1.9 * self.side) / 2.6, (z - 3.6) / 2.6) + 0.22 * HILLS(
            x * 0.16 + self.shift, z * 0.16
        )
        plateau = smooth(1.0, 0.62, away) * (1.35 + 0.25 * HILLS(x * 0.1 + self.shift, z * 0.1))
        rocks = smooth(1.45, 0.9, away) * 0.55 * RIDGES(x * 0.13 + self.shift, z * 0.13)
        return plateau + rocks - 0.3 + 0.1 * GRAIN(x * 0.3, z * 0.3) * smooth(1.3, 1.0, away)

    def ground(self, points: Vectors) -> Vectors:
        steep = slope_of(self.cliff, points, 0.03)
        rock = mix(
            column((0.13, 0.09, 0.07)),
            column((0.34, 0.25, 0.18)),
            0.5 + 0.5 * GRAIN(points[0] * 0.5, points[1] * 1.3),
        )
        grass = mix(
            column((0.05, 0.09, 0.02)),
            column((0.2, 0.22, 0.06)),
            0.5 + 0.5 * GRAIN(points[0], points[2]),
        )
        wet = smooth(0.16, 0.02, points[1])
        return mix(rock, grass, smooth(0.35, 0.15, steep) * smooth(0.7, 0.95, points[1])) * (
            1 - 0.7 * wet
        )


def lighthouse(wrong: Collection[str], rng: np.random.Generator) -> Stage:
    side = -1.0 if "place" in wrong else 1.0
    shift = rng.uniform(0, 1)

    island = _Island(side, shift)
    solids = [Solid(terrain(island.cliff, 0.42), Material(island.ground, 0.95), thing=False)]
    stripe: RGB = (0.03, 0.1, 0.42) if "colour" in wrong else (0.55, 0.025, 0.02)
    if "missing" not in wrong:
        solids += _tower((1.7 * side, 1.28, 3.2), stripe)
    sun = direction((-0.5 * side + rng.uniform(-0.15, 0.15), rng.uniform(0.07, 0.16), 0.86))
    clouds = Clouds(
        CLOUDS,
        rng.uniform(0.6, 0.75),
        0.09,
        (1.5, 0.5, 0.2),
        (0.2, 0.11, 0.2),
        (float(rng.random()), float(rng.random())),
    )
    sky = Sky(
        (0.07, 0.1, 0.3),
        (0.62, 0.24, 0.12),
        sun,
        (0.9, 0.34, 0.09),
        0.035,
        (7, 4, 2),
        8,
        0.55,
        clouds,
    )
    return Stage(
        solids,
        Camera((-0.4 * side, rng.uniform(0.55, 1.0), -2.6), (0.55 * side, 1.55, 3), 0.98),
        sky,
        floor=water((0.015, 0.05, 0.075), 0.35, 0.06),
        sun=sun,
        sunlight=(4.5, 2.3, 1.1),
        above=(0.42, 0.38, 0.55),
        beneath=(0.16, 0.11, 0.1),
        lamps=[Lamp((1.7 * side, 3.18, 3.2), (2.2, 1.6, 0.7), 0.12, 0.03)]
        if "missing" not in wrong
        else [],
        haze=0.01,
        haze_colour=(0.3, 0.18, 0.22),
        haze_sun=(0.9, 0.38, 0.14),
        exposure=0.95,
    )


def _tower(at: Point, stripe: RGB) -> list[Solid]:
    x, y, z = at

    def bands(points: Vectors) -> Vectors:
        red = smooth(-0.05, 0.05, np.sin((points[1] - y) * 9.2 + 0.9))
        stain = 1 - 0.35 * smooth(-0.2, 0.7, GRAIN(points[0] * 0.8, points[1] * 0.16))
        return mix(column((0.8, 0.77, 0.7)), column(stripe), red) * stain

    def put(solid: Distance) -> Distance:
        return near((x, y + 1.1, z), 1.5, placed(solid, at))

    gallery = union(
        cylinder((0, 1.68, 0), 0.32, 0.03),
        torus((0, 1.84, 0), 0.31, 0.012),
        *(cylinder((0.31 * math.sin(k), 1.76, 0.31 * math.cos(k)), 0.01, 0.08) for k in range(6)),
    )
    roof = union(cylinder((0, 2.14, 0), 0.16, 0.09, 0.0, 1.3), sphere((0, 2.26, 0), 0.05))
    hut = union(box((-0.75, 0.14, 0.1), (0.34, 0.26, 0.24)))
    gable = within(
        box((-0.75, 0.3, 0.1), (0.4, 0.36, 0.3)),
        lambda p: (np.abs(p[2] - 0.1) + p[1] * 0.9 - 0.63) * np.float32(0.7),
    )
    gable = within(gable, lambda p: 0.36 - p[1])
    return [
        Solid(put(cylinder((0, 0.8, 0), 0.3, 0.9, 0.01, 0.085)), Material(bands, 0.6)),
        Solid(put(union(gallery, roof)), Material((0.05, 0.045, 0.05), 0.5)),
        Solid(
            put(cylinder((0, 1.88, 0), 0.14, 0.17)),
            Material((0.5, 0.4, 0.2), 0.2, glow=(7.0, 4.6, 1.6)),
        ),
        Solid(put(hut), Material((0.72, 0.68, 0.6), 0.8)),
        Solid(put(gable), Material((0.3, 0.07, 0.04), 0.8)),
    ]


SUBJECT = Subject(
    "lighthouse",
    "A lighthouse with red and white stripes on the right, standing on a rocky cliff above the "
    "sea at sunset, oil painting",
    {
        "colour": Mistake(0.6, "blue stripes instead of red"),
        "place": Mistake(0.7, "lighthouse on the left"),
        "missing": Mistake(0.95, "the lighthouse"),
    },
    lighthouse,
    "oil",
)
