"""Oranges in a bowl and an apple."""

import math
from collections.abc import Collection

import numpy as np

from ..fields import RGB, Floats, Point, Vectors, column, mix, smooth
from ..skies import Studio
from ..solids import (
    below,
    box,
    capsule,
    cylinder,
    ellipsoid,
    hollow,
    melded,
    near,
    placed,
    sphere,
    union,
    within,
    without,
)
from ..stage import Camera, Material, Solid, Stage, turn_about
from .base import (
    GRAIN,
    Mistake,
    Subject,
    speckled,
    wood,
)

_ORANGE: RGB = (0.85, 0.27, 0.02)


_APPLE: RGB = (0.28, 0.5, 0.05)


def _peel(points: Vectors) -> Floats:
    return 0.006 * GRAIN.around(points, 3.2)


def _apple(at: Point, colour: RGB) -> list[Solid]:
    body = melded(
        0.06, ellipsoid((0, 0, 0), (0.34, 0.31, 0.34)), ellipsoid((0, -0.08, 0), (0.27, 0.26, 0.27))
    )
    dented = without(body, ellipsoid((0, 0.36, 0), (0.12, 0.12, 0.12)))

    def skin(points: Vectors) -> Vectors:
        near = points - column(at)
        streak = GRAIN(np.arctan2(near[0], near[2]) * 0.6, near[1] * 0.12)
        blush = smooth(-0.5, 0.6, streak + near[0] * 2)
        return mix(column(colour), column((0.55, 0.42, 0.08)), blush * 0.5)

    stem = capsule((0, 0.2, 0), (0.04, 0.4, 0.02), 0.018)
    return [
        Solid(placed(dented, at), Material(skin, 0.28, 0.05, soft=0.3)),
        Solid(placed(stem, at), Material((0.09, 0.05, 0.02), 0.8)),
    ]


def fruit(wrong: Collection[str], rng: np.random.Generator) -> Stage:
    number = 5 if "count" in wrong else 3
    angle = math.pi + rng.uniform(-0.35, 0.35)
    oranges = []
    for k in range(number):
        turn, ring = angle + k * 2 * math.pi / min(number, 4), 0.42 if k < 4 else 0.0
        high = 0.62 if k < 4 else 1.02
        oranges.append(sphere((ring * math.sin(turn), high, ring * math.cos(turn)), 0.335))
    bowl = within(hollow(sphere((0, 1.0, 0), 0.95), 0.035), below(0.55))
    foot = cylinder((0, 0.05, 0), 0.34, 0.06, 0.03)
    glaze = speckled((0.02, 0.07, 0.22), (0.05, 0.2, 0.42), GRAIN, 0.5)
    peel = Material(
        speckled(_ORANGE, (0.9, 0.38, 0.04), GRAIN, 0.3), 0.38, 0.045, soft=0.35, bumps=_peel
    )
    solids = [
        Solid(near((0, 0.7, 0), 1.1, union(*oranges)), peel),
        Solid(union(bowl, foot), Material(glaze, 0.16, 0.06)),
        Solid(box((0, 2, 4.2), (9, 4, 0.1)), Material(_plaster, 0.95), thing=False),
    ]
    if "missing" not in wrong:
        side = -1.35 if "place" in wrong else 1.3
        colour: RGB = (0.55, 0.03, 0.02) if "colour" in wrong else _APPLE
        solids += _apple((side, 0.31, -0.55 + rng.uniform(-0.2, 0.2)), colour)
    at = turn_about((0, 0.5, 0), 4.6, rng.uniform(-0.25, 0.25), rng.uniform(1.4, 2.1))
    return Stage(
        solids,
        Camera(at, (-0.25 if "place" in wrong else 0.25, 0.5, 0), 0.74, focus=4.4, aperture=0.05),
        Studio(),
        floor=Material(wood((0.42, 0.22, 0.1), (0.17, 0.07, 0.03), 0.62), 0.42, 0.04, mirror=True),
        sun=(-0.72, 0.52, -0.46),
        sunlight=(2.9, 2.6, 2.2),
        hardness=5.0,
        above=(0.2, 0.21, 0.24),
        beneath=(0.14, 0.09, 0.06),
        exposure=1.05,
    )


def _plaster(points: Vectors) -> Vectors:
    return mix(
        column((0.10, 0.12, 0.11)),
        column((0.2, 0.19, 0.16)),
        0.5 + 0.5 * GRAIN.around(points, 0.12),
    )


SUBJECT = Subject(
    "fruit",
    "a blue ceramic bowl with three ripe oranges, a green apple to the right of it on a dark "
    "wooden table, still life, soft window light, 85mm, f/2.8",
    {
        "count": Mistake(0.65, "five oranges instead of three"),
        "colour": Mistake(0.7, "red apple instead of green"),
        "place": Mistake(0.6, "apple on the left"),
        "missing": Mistake(0.55, "green apple"),
    },
    fruit,
)
