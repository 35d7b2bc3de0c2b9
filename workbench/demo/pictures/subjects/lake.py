"""A mountain lake with a canoe."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from ..fields import RGB, Floats, Point, Vectors, column, direction, mix, smooth
from ..skies import Clouds, Sky
from ..solids import box, cones, ellipsoid, near, placed, terrain, union, within, without
from ..stage import Camera, Material, Solid, Stage
from .base import CLOUDS, GRAIN, HILLS, RIDGES, Mistake, Subject, slope_of, water

_WOOD = cones(0.3, 0.62, 0.8)


@dataclass(frozen=True)
class _Valley:
    """Mountains, with or without snow, and a wood in front of them."""

    shift: float
    lift: float
    snowy: bool

    def mountains(self, x: Floats, z: Floats) -> Floats:
        rise = smooth(8.5, 20.0, z + 1.5 * HILLS(x * 0.05 + self.shift, z * 0.05))
        peak = RIDGES(x * 0.021 + self.shift, z * 0.021 + 0.3) ** 1.25 * 14.5 * self.lift
        valley = 0.55 + 0.45 * smooth(0.0, 9.0, np.abs(x - 1.5))
        shore = smooth(6.8, 8.6, z + 1.2 * HILLS(x * 0.09, self.shift + z * 0.03)) * 0.35 - 0.14
        return shore + peak * rise * valley + 0.25 * RIDGES(x * 0.11, z * 0.11) * rise

    def height(self, x: Floats, z: Floats) -> Floats:
        ground = self.mountains(x, z)
        growing = np.flatnonzero((ground > -0.02) & (ground < 2.6) & (z < 19))
        if growing.size:
            fade = smooth(2.6, 1.3, ground[growing]) * smooth(-0.02, 0.1, ground[growing])
            ground[growing] += _WOOD(x[growing], z[growing]) * fade
        return ground

    def paint(self, points: Vectors) -> Vectors:
        x, y, z = points
        bare = self.mountains(x, z)
        steep = slope_of(self.mountains, points, 0.06)
        rock = mix(
            column((0.16, 0.14, 0.14)),
            column((0.36, 0.31, 0.28)),
            0.5 + 0.5 * GRAIN(x * 0.12, y * 0.3),
        )
        level = 3.1 + 0.9 * GRAIN(x * 0.06, z * 0.06)
        snow = smooth(-0.4, 0.7, y - level) * smooth(0.52, 0.34, steep)
        high = mix(rock, column((0.85, 0.88, 0.95)), snow if self.snowy else 0.0)
        tree = smooth(0.02, 0.12, y - bare)
        needles = mix(
            column((0.008, 0.022, 0.014)),
            column((0.035, 0.07, 0.03)),
            0.5 + 0.5 * GRAIN(x * 0.9, y * 0.9),
        )
        meadow = mix(
            column((0.12, 0.13, 0.03)),
            column((0.25, 0.2, 0.06)),
            0.5 + 0.5 * GRAIN(x * 0.4, z * 0.4),
        )
        low = mix(meadow, needles, tree)
        return mix(low, high, smooth(1.6, 2.6, bare))


def lake(wrong: Collection[str], rng: np.random.Generator) -> Stage:
    shift, lift = rng.uniform(0, 1), rng.uniform(0.85, 1.1)
    valley = _Valley(shift, lift, "missing" not in wrong)
    sun = direction((-0.78, rng.uniform(0.3, 0.42), -0.12))
    clouds = Clouds(
        CLOUDS,
        rng.uniform(0.36, 0.5),
        0.1,
        (1.3, 0.95, 0.72),
        (0.36, 0.37, 0.48),
        (float(rng.random()), float(rng.random())),
    )
    sky = Sky(
        (0.06, 0.16, 0.45),
        (0.5, 0.42, 0.4),
        sun,
        (0.6, 0.36, 0.2),
        0,
        spread=5,
        rise=0.5,
        clouds=clouds,
    )
    solids = [Solid(terrain(valley.height, 0.4), Material(valley.paint, 0.95), thing=False)]
    if "colour" not in wrong:
        solids += _canoe(
            (float(rng.uniform(-0.9, 0.9)), 0.0, float(rng.uniform(1.4, 2.6))),
            float(rng.uniform(-0.5, 0.5)),
            (0.6, 0.05, 0.03),
        )
    else:
        solids += _canoe((0.2, 0.0, 2.0), 0.3, (0.75, 0.6, 0.05))
    if "count" in wrong:
        solids += _canoe((-1.3, 0.0, 3.4), 0.4, (0.6, 0.05, 0.03))
    return Stage(
        solids,
        Camera((0, rng.uniform(0.75, 1.15), -2.0), (rng.uniform(-0.5, 0.5), 1.15, 4), 0.92),
        sky,
        floor=water((0.008, 0.03, 0.04), 0.18, 0.0045),
        sun=sun,
        sunlight=(3.6, 2.5, 1.6),
        hardness=14,
        above=(0.34, 0.42, 0.62),
        beneath=(0.14, 0.13, 0.12),
        haze=0.014,
        haze_colour=(0.42, 0.5, 0.66),
        haze_sun=(0.9, 0.7, 0.5),
        haze_fall=0.12,
        exposure=1.05,
    )


def _canoe(at: Point, turn: float, colour: RGB) -> list[Solid]:
    hull = without(
        ellipsoid((0, 0.14, 0), (0.95, 0.2, 0.17)), ellipsoid((0, 0.2, 0), (0.86, 0.19, 0.135))
    )
    hull = within(hull, lambda p: p[1] - 0.14 - 0.16 * p[0] * p[0])
    bench = union(*(box((x, 0.12, 0), (0.035, 0.012, 0.13)) for x in (-0.26, 0.26)))
    ball = at[0], at[1] + 0.1, at[2]
    return [
        Solid(near(ball, 1.05, placed(hull, at, turn)), Material(colour, 0.4, 0.05)),
        Solid(near(ball, 1.05, placed(bench, at, turn)), Material((0.3, 0.18, 0.08), 0.7)),
    ]


SUBJECT = Subject(
    "lake",
    "snow-capped mountains reflected in a still alpine lake, a single red canoe on the water, "
    "golden hour, highly detailed, photorealistic, 8k",
    {
        "count": Mistake(0.5, "two canoes instead of one"),
        "colour": Mistake(0.5, "yellow canoe instead of red"),
        "missing": Mistake(0.7, "snow on the mountains"),
    },
    lake,
)
