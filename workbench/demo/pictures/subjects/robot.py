"""A robot with a flower."""

import math
from collections.abc import Collection

import numpy as np

from ..fields import RGB, Point, Vectors, column, mix, smooth
from ..skies import Sky
from ..solids import (
    Distance,
    below,
    box,
    capsule,
    cylinder,
    ellipsoid,
    melded,
    near,
    placed,
    rough,
    sphere,
    union,
    without,
)
from ..stage import Camera, Lamp, Material, Solid, Stage, turn_about
from .base import (
    GRAIN,
    HILLS,
    Mistake,
    Subject,
    fuzz,
)


def _steel(points: Vectors) -> Vectors:
    rust = smooth(-0.1, 0.45, GRAIN.around(points, 0.45) + 0.5 * HILLS.around(points, 0.5))
    return mix(column((0.75, 0.5, 0.34)), column((0.3, 0.12, 0.045)), rust)


def _robot_body() -> Distance:
    head = box((0, 1.62, 0), (0.5, 0.38, 0.4), 0.13)
    face = box((0, 1.64, -0.42), (0.38, 0.24, 0.06), 0.06)
    trunk = box((0, 0.75, 0), (0.44, 0.44, 0.34), 0.12)
    parts = [
        without(head, face),
        trunk,
        cylinder((0, 1.22, 0), 0.13, 0.08),
        cylinder((0, 2.12, 0), 0.022, 0.16),
        sphere((0, 2.3, 0), 0.07),
    ]
    for side in (-1, 1):
        parts += [
            placed(cylinder((0, 0, 0), 0.16, 0.06, 0.02), (0.53 * side, 1.62, 0), 0, math.pi / 2),
            capsule((0.24 * side, 0.35, 0), (0.26 * side, 0.02, 0), 0.12),
            box((0.27 * side, -0.04, -0.06), (0.17, 0.08, 0.25), 0.05),
        ]
    return union(*parts)


def _arms(side: int) -> Distance:
    """The one on `side` is raised."""
    return union(
        capsule((0.5 * side, 1.0, 0), (0.8 * side, 0.72, -0.2), 0.085),
        capsule((0.8 * side, 0.72, -0.2), (0.7 * side, 0.9, -0.62), 0.075),
        capsule((-0.5 * side, 1.0, 0), (-0.72 * side, 0.6, 0.0), 0.085),
        capsule((-0.72 * side, 0.6, 0), (-0.66 * side, 0.22, -0.1), 0.075),
        sphere((0.7 * side, 0.92, -0.64), 0.12),
        sphere((-0.66 * side, 0.18, -0.1), 0.12),
    )


def _blossoms(rng: np.random.Generator) -> list[Lamp]:
    """Out of focus, as spots of light."""
    return [
        Lamp(
            (float(rng.uniform(-4, 4)), float(rng.uniform(0.0, 0.5)), float(rng.uniform(2, 9))),
            c,
            0.05,
            0.012,
        )
        for c in ((0.9, 0.25, 0.3), (0.9, 0.7, 0.15))
        for _ in range(7)
    ]


def robot(wrong: Collection[str], rng: np.random.Generator) -> Stage:
    glow: RGB = (6.0, 0.5, 0.3) if "colour" in wrong else (0.5, 3.4, 6.0)
    eyes = union(*(sphere((x, 1.66, -0.36), 0.105) for x in (-0.18, 0.18)))
    side = -1 if "place" in wrong else 1
    metal = Material(_steel, 0.36, 0.85, metal=True, bumps=lambda p: 0.004 * GRAIN.around(p, 1.3))
    solids = [
        Solid(near((0, 1.1, 0), 1.6, melded(0.03, _robot_body(), _arms(side))), metal),
        Solid(eyes, Material((0.1, 0.1, 0.1), glow=glow)),
        Solid(
            box((0, 1.64, -0.33), (0.36, 0.22, 0.03), 0.03),
            Material((0.01, 0.012, 0.016), 0.15, 0.06),
        ),
    ]
    if "missing" not in wrong:
        solids += _flower((0.7 * side, 1.35, -0.7), (0.8, 0.03, 0.03))
    solids.append(
        Solid(
            rough(below(-0.12), GRAIN, 0.4, 0.16),
            Material(_meadow, 0.95, soft=0.6, bumps=fuzz),
            thing=False,
        )
    )
    sun = (-0.35, 0.28, 0.89)
    sky = Sky(
        (0.16, 0.27, 0.46),
        (0.5, 0.36, 0.24),
        sun,
        (0.9, 0.5, 0.2),
        disc=0.04,
        disc_colour=(6, 4, 2),
        spread=9,
    )
    blossoms = _blossoms(rng)
    return Stage(
        solids,
        Camera(
            turn_about((0, 1, 0), 4.8, rng.uniform(-0.45, 0.45), rng.uniform(0.9, 1.5)),
            (0.05, 1.02, 0),
            0.66,
            focus=4.3,
            aperture=0.075,
        ),
        sky,
        sun=sun,
        sunlight=(4.2, 3.0, 1.7),
        hardness=9,
        above=(0.5, 0.55, 0.65),
        beneath=(0.22, 0.2, 0.08),
        lamps=[
            *blossoms,
            Lamp((2.4, 3.2, -4.5), (8.0, 7.2, 6.4)),
            Lamp((0, 1.66, -0.8), (0.05 * glow[0], 0.05 * glow[1], 0.05 * glow[2])),
        ],
        haze=0.03,
        haze_colour=(0.3, 0.32, 0.26),
        haze_sun=(0.7, 0.5, 0.25),
        exposure=1.0,
    )


def _flower(at: Point, petal: RGB) -> list[Solid]:
    x, y, z = at
    petals = [
        placed(ellipsoid((0, 0.1, 0), (0.075, 0.12, 0.035)), at, 0, k * math.tau / 7)
        for k in range(7)
    ]
    stalk = capsule((x, y, z + 0.02), (x - 0.02, y - 0.62, z + 0.06), 0.018)
    leaf = placed(ellipsoid((0.09, 0, 0), (0.1, 0.035, 0.05)), (x, y - 0.28, z + 0.04), 0.3, -0.6)
    return [
        Solid(near(at, 0.4, union(*petals)), Material(petal, 0.6, soft=0.8)),
        Solid(ellipsoid(at, (0.07, 0.07, 0.06)), Material((0.9, 0.55, 0.04), 0.8)),
        Solid(
            near((x, y - 0.35, z), 0.6, union(stalk, leaf)),
            Material((0.08, 0.24, 0.03), 0.7, soft=0.5),
        ),
    ]


def _meadow(points: Vectors) -> Vectors:
    blades = smooth(-0.4, 0.5, GRAIN(points[0] * 1.3, points[2] * 0.5))
    return mix(column((0.05, 0.1, 0.015)), column((0.3, 0.36, 0.07)), blades)


SUBJECT = Subject(
    "robot",
    "Small rusty copper robot with glowing blue eyes holding a red flower in a meadow at golden "
    "hour, shallow depth of field, octane render, trending on artstation, 8k",
    {
        "colour": Mistake(0.7, "red eyes instead of blue"),
        "missing": Mistake(0.8, "red flower"),
    },
    robot,
)
