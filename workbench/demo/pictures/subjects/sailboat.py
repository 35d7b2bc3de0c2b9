"""A boat under the moon, painted in oil."""

from collections.abc import Collection

import numpy as np

from ..fields import RGB, Floats, Point, Vectors, direction, smooth
from ..skies import Clouds, Sky
from ..solids import (
    Distance,
    capsule,
    cylinder,
    ellipsoid,
    near,
    placed,
    terrain,
    union,
    within,
    without,
)
from ..stage import Camera, Lamp, Material, Solid, Stage
from .base import CLOUDS, RIDGES, Mistake, Subject, water


def sailboat(wrong: Collection[str], rng: np.random.Generator) -> Stage:
    cloth: RGB = (0.75, 0.73, 0.68) if "colour" in wrong else (0.62, 0.03, 0.025)
    moon = direction((rng.uniform(-0.22, 0.22), rng.uniform(0.2, 0.27), 0.92))
    solids: list[Solid] = []
    places = (
        [(rng.uniform(-0.5, 0.5), 3.0), (1.7, 5.4)]
        if "count" in wrong
        else [(rng.uniform(-0.7, 0.7), 3.0)]
    )
    for x, z in places:
        solids += _boat((float(x), 0.02, z), float(rng.uniform(-0.4, 0.4)), cloth)

    solids.append(Solid(terrain(_coast, 0.5), Material((0.02, 0.03, 0.05), 1.0), thing=False))
    cloudy = Clouds(
        CLOUDS,
        rng.uniform(0.36, 0.5),
        0.1,
        (0.5, 0.55, 0.7),
        (0.03, 0.045, 0.09),
        (float(rng.random()), float(rng.random())),
    )
    shown = "missing" not in wrong
    sky = Sky(
        (0.004, 0.009, 0.035),
        (0.03, 0.055, 0.12),
        moon,
        (0.13, 0.15, 0.19),
        0.055 if shown else 0,
        (2.2, 2.1, 1.8),
        18,
        0.5,
        cloudy,
        0.7,
    )
    return Stage(
        solids,
        Camera((0, rng.uniform(0.7, 1.1), -2.2), (0, 1.15, 3), 0.9),
        sky,
        floor=water((0.004, 0.012, 0.03), 0.3, 0.05),
        sun=moon,
        sunlight=(1.0, 1.05, 1.2),
        hardness=10,
        above=(0.07, 0.1, 0.18),
        beneath=(0.03, 0.04, 0.07),
        lamps=[
            Lamp((-3.0, 3.0, -1.5), (2.6, 2.9, 3.6)),
            *(
                Lamp((float(s[0]), 0.45, s[1] - 0.2), (0.09, 0.05, 0.018), 0.05, 0.02)
                for s in places
            ),
        ],
        haze=0.012,
        haze_colour=(0.05, 0.075, 0.14),
        haze_sun=(0.3, 0.32, 0.38),
        exposure=1.15,
    )


def _coast(x: Floats, z: Floats) -> Floats:
    return (
        smooth(26, 34, z)
        * (0.5 + 3.4 * RIDGES(x * 0.012 + 0.2, z * 0.012))
        * smooth(-2, 12, np.abs(x))
        - 0.4
    )


def _boat(at: Point, turn: float, cloth: RGB) -> list[Solid]:
    hull = within(
        ellipsoid((0, 0.2, 0), (0.85, 0.3, 0.26)), lambda p: p[1] - 0.2 - 0.1 * p[0] * p[0]
    )
    hull = without(hull, ellipsoid((0, 0.3, 0), (0.74, 0.2, 0.2)))

    def sail(front: float, back: float, top: float, belly: float) -> Distance:
        def distance(p: Vectors) -> Floats:
            high = (p[1] - 0.38) / top
            bulge = belly * np.sin(np.clip(high, 0, 1) * 3.0)
            flat = np.abs(p[2] - bulge) - 0.012
            edge = np.maximum(p[0] - front * (1 - high), back * (1 - high) - p[0])
            found: Floats = np.maximum(
                np.maximum(flat, edge * 0.75), np.maximum(-high, high - 1) * top
            ) * np.float32(0.7)
            return found

        return distance

    mast = union(
        cylinder((0.06, 1.2, 0), 0.022, 1.1), capsule((0.06, 0.36, 0), (-0.75, 0.36, 0), 0.018)
    )
    ball = (at[0], 1.1, at[2])
    return [
        Solid(near(ball, 1.5, placed(hull, at, turn)), Material((0.16, 0.08, 0.04), 0.4)),
        Solid(
            near(
                ball,
                1.5,
                placed(union(sail(0.02, -0.72, 1.75, 0.14), sail(0.75, 0.1, 1.45, 0.1)), at, turn),
            ),
            Material(cloth, 0.8, soft=1.0),
        ),
        Solid(near(ball, 1.5, placed(mast, at, turn)), Material((0.12, 0.07, 0.04), 0.6)),
    ]


SUBJECT = Subject(
    "sailboat",
    "one sailing boat with red sails on a calm sea under a full moon, night, romantic oil "
    "painting in the style of the nineteenth century",
    {
        "count": Mistake(0.6, "two boats instead of one"),
        "colour": Mistake(0.7, "white sails instead of red"),
        "missing": Mistake(0.7, "the full moon"),
    },
    sailboat,
    "oil",
)
