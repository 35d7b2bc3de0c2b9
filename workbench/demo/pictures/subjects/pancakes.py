"""A stack of pancakes."""

import math
from collections.abc import Collection

import numpy as np

from ..fields import RGB, Vectors, column, mix, smooth
from ..skies import Studio
from ..solids import (
    Distance,
    box,
    capsule,
    cylinder,
    ellipsoid,
    melded,
    near,
    rough,
    sphere,
    torus,
    union,
)
from ..stage import Camera, Lamp, Material, Solid, Stage, turn_about
from .base import (
    GRAIN,
    Mistake,
    Subject,
    speckled,
    wood,
)


def pancakes(wrong: Collection[str], rng: np.random.Generator) -> Stage:
    number = 3 if "count" in wrong else 6
    discs, height = [], 0.16
    for _ in range(number):
        x, z = rng.uniform(-0.07, 0.07, 2)
        half = rng.uniform(0.075, 0.095)
        discs.append(cylinder((x, height + half, z), rng.uniform(1.0, 1.1), half, half * 0.98))
        height += 2 * half - 0.012
    plate = union(cylinder((0, 0.07, 0), 1.75, 0.05, 0.045), torus((0, 0.13, 0), 1.7, 0.06))
    drips = _drips(rng, height)
    berry: RGB = (0.5, 0.02, 0.03) if "colour" in wrong else (0.035, 0.045, 0.16)
    solids = [
        Solid(
            near((0, height / 2, 0), 1.5, rough(union(*discs), GRAIN, 0.5, 0.012)),
            Material(_baked, 0.75, 0.03, soft=0.3),
        ),
        Solid(
            near((0, height / 2, 0), 1.5, melded(0.09, *drips)),
            Material((0.3, 0.09, 0.012), 0.12, 0.06, soft=0.4),
        ),
        Solid(
            box((0.05, height + 0.13, 0), (0.24, 0.09, 0.22), 0.05, rng.uniform(0, 1.5)),
            Material((0.95, 0.75, 0.28), 0.35, soft=0.6),
        ),
        Solid(plate, Material((0.75, 0.75, 0.74), 0.2, 0.05)),
    ]
    if "missing" not in wrong:
        solids.append(
            Solid(
                near((0, height / 2, 0), 1.9, _berries(rng, height)),
                Material(
                    speckled(berry, (2.2 * berry[0], 2.2 * berry[1], 2.2 * berry[2]), GRAIN, 0.8),
                    0.5,
                    0.05,
                ),
            )
        )
    solids.append(
        Solid(box((0, 3, 6), (12, 5, 0.1)), Material((0.33, 0.3, 0.27), 0.95), thing=False)
    )
    return Stage(
        solids,
        Camera(
            turn_about((0, 0.5, 0), 5.2, rng.uniform(-0.5, 0.5), rng.uniform(1.7, 2.5)),
            (0, 0.55, 0),
            0.66,
            focus=4.5,
            aperture=0.05,
        ),
        Studio(wall=(0.3, 0.27, 0.24), at=(-0.62, 0.55, 0.56), half=0.5),
        floor=Material(wood((0.62, 0.5, 0.36), (0.36, 0.26, 0.17), 0.9), 0.6),
        sun=(-0.62, 0.6, 0.5),
        sunlight=(2.6, 2.3, 1.9),
        hardness=4.5,
        above=(0.5, 0.5, 0.5),
        beneath=(0.3, 0.24, 0.18),
        lamps=[Lamp((2.5, 3.0, -4.0), (4.5, 4.2, 3.8))],
        exposure=0.95,
    )


def _drips(rng: np.random.Generator, height: float) -> list[Distance]:
    """Syrup on top and running down the sides."""
    drips = [ellipsoid((0, height, 0), (0.8, 0.045, 0.8))]
    for k in range(9):
        turn = k * 0.7 + rng.uniform(-0.2, 0.2)
        x, z, long = math.sin(turn), math.cos(turn), rng.uniform(0.25, 0.85) * height
        drips.append(
            capsule(
                (0.6 * x, height + 0.01, 0.6 * z), (1.08 * x, height - 0.07, 1.08 * z), 0.05, 0.06
            )
        )
        drips.append(
            capsule(
                (1.08 * x, height - 0.07, 1.08 * z), (1.1 * x, height - long, 1.1 * z), 0.055, 0.07
            )
        )
    return drips


def _berries(rng: np.random.Generator, height: float) -> Distance:
    balls = [
        sphere(
            (0.42 * math.sin(k * 1.1 + 0.4), height + 0.12, 0.42 * math.cos(k * 1.1 + 0.4)), 0.125
        )
        for k in range(4)
    ]
    for _ in range(9):
        turn, ring = rng.uniform(0, 6.28), rng.uniform(1.28, 1.5)
        balls.append(
            sphere((ring * math.sin(turn), 0.23, ring * math.cos(turn)), rng.uniform(0.1, 0.13))
        )
    return union(*balls)


def _baked(points: Vectors) -> Vectors:
    """Golden sides, browned faces."""
    patches = smooth(-0.35, 0.35, GRAIN.around(points, 0.35))
    edge = smooth(0.86, 1.04, np.hypot(points[0], points[2]))
    brown = mix(column((0.36, 0.14, 0.035)), column((0.55, 0.26, 0.08)), patches)
    layers = 0.5 + 0.5 * np.sin(points[1] * 37)
    return mix(
        brown, mix(column((0.48, 0.24, 0.07)), column((0.85, 0.6, 0.28)), layers), edge * 0.8
    )


SUBJECT = Subject(
    "pancakes",
    "a tall stack of pancakes with maple syrup, butter and blueberries, food photography",
    {
        "count": Mistake(0.4, "only three pancakes"),
        "colour": Mistake(0.6, "red berries instead of blueberries"),
        "missing": Mistake(0.5, "blueberries"),
    },
    pancakes,
)
