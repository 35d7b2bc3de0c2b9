"""Toadstools in a wood."""

from collections.abc import Collection

import numpy as np

from ..fields import RGB, Vectors, column, mix, scattered, smooth
from ..skies import Sky
from ..solids import (
    Distance,
    below,
    capsule,
    cylinder,
    ellipsoid,
    melded,
    near,
    placed,
    rough,
    torus,
    union,
    without,
)
from ..stage import Camera, Lamp, Material, Solid, Stage, turn_about
from .base import GRAIN, HILLS, Mistake, Subject, fuzz, speckled


def _cap(radius: float) -> Distance:
    dome = ellipsoid((0, 0, 0), (radius, radius * 0.78, radius))
    return without(
        dome, ellipsoid((0, -radius * 0.42, 0), (radius * 1.02, radius * 0.5, radius * 1.02))
    )


def _mushroom(
    x: float, z: float, tall: float, radius: float, lean: float, skin: RGB
) -> list[Solid]:
    top = (x + lean * tall, tall, z)

    def spots(points: Vectors) -> Vectors:
        near = (points - column(top)) / radius
        u, v = np.arctan2(near[0], near[2]) * 1.6, np.arccos(np.clip(near[1] / 0.8, -1, 1)) * 3.4
        row = np.floor(v)
        u = u * np.maximum(0.6, np.sin(row / 3.4 + 0.2)) + row * 0.37
        i = np.floor(u)
        du = u - i - 0.3 - 0.4 * scattered(i, row)
        dv = v - row - 0.3 - 0.4 * scattered(i, row, 1)
        size = 0.16 + 0.2 * scattered(i, row, 2)
        spot = smooth(1.0, 0.7, np.hypot(du, dv) / size)
        shade = mix(column(skin), column(skin) * np.float32(0.55), smooth(0.2, -0.3, near[1]))
        return mix(shade, column((0.85, 0.8, 0.68)), spot)

    stem = capsule((x, -0.1, z), (top[0], tall - 0.05, z), radius * 0.27, radius * 0.17)
    skirt = placed(
        torus((0, 0, 0), radius * 0.2, radius * 0.06, 0.6), (x + lean * tall * 0.72, tall * 0.72, z)
    )
    pale = speckled((0.75, 0.68, 0.52), (0.55, 0.46, 0.32), GRAIN, 0.4)
    return [
        Solid(
            near(top, radius * 1.1, placed(_cap(radius), top, 0.3 * x, lean)),
            Material(spots, 0.3, 0.05, soft=0.5),
        ),
        Solid(
            near((x, tall / 2, z), tall * 0.75, melded(0.05, stem, skirt)),
            Material(pale, 0.8, soft=0.7),
        ),
    ]


def mushrooms(wrong: Collection[str], rng: np.random.Generator) -> Stage:
    skin: RGB = (0.1, 0.16, 0.62) if "colour" in wrong else (0.62, 0.025, 0.015)
    spots = [(0.0, 0.0, 1.25, 0.62), (-0.95, 0.3, 0.82, 0.42), (0.85, -0.35, 0.58, 0.33)]
    if "count" in wrong:
        spots += [(1.5, 0.8, 0.95, 0.4), (-1.75, 0.9, 0.6, 0.32)]
    solids = []
    for x, z, tall, radius in spots:
        place = x + rng.uniform(-0.15, 0.15), z + rng.uniform(-0.2, 0.2)
        high, wide = tall * rng.uniform(0.9, 1.12), radius * rng.uniform(0.9, 1.1)
        solids += _mushroom(*place, high, wide, rng.uniform(-0.14, 0.14), skin)
    solids += _forest()
    sky = Sky(
        (0.02, 0.05, 0.025),
        (0.16, 0.28, 0.1),
        (0.3, 0.35, 0.89),
        (0.7, 0.65, 0.25),
        disc=0,
        spread=9,
    )
    at = turn_about((0, 0, 0), 3.9, rng.uniform(-0.3, 0.3), rng.uniform(0.5, 0.95))
    return Stage(
        solids,
        Camera(at, (0, 0.68, 0), 0.8, focus=3.8, aperture=0.075),
        sky,
        sun=(0.42, 0.62, 0.66),
        sunlight=(3.6, 3.1, 1.9),
        hardness=7,
        above=(0.3, 0.42, 0.24),
        beneath=(0.08, 0.1, 0.04),
        lamps=[*_fireflies(rng), Lamp((-2.2, 2.6, -3.4), (9.0, 8.2, 6.8))],
        haze=0.05,
        haze_colour=(0.07, 0.15, 0.06),
        haze_sun=(0.35, 0.4, 0.16),
        exposure=1.0,
    )


def _forest() -> list[Solid]:
    """Hillocks of moss, and trunks behind."""
    ground = rough(
        melded(
            0.5,
            below(0.0),
            ellipsoid((-2.2, -0.5, 3), (2.4, 1.2, 1.6)),
            ellipsoid((2.8, -0.6, 4), (2.6, 1.5, 2)),
        ),
        GRAIN,
        0.35,
        0.13,
    )
    trunks = union(
        *(
            cylinder((x, 3, z), 0.42, 5, 0, 0.03)
            for x, z in ((-3.2, 7), (0.6, 10), (3.6, 8), (6, 12), (-7, 12))
        )
    )
    mossy = Material(_moss, 0.95, 0.02, soft=0.5, bumps=fuzz)
    bark = Material((0.05, 0.035, 0.025), 0.95)
    return [
        Solid(ground, mossy, thing=False),
        Solid(rough(trunks, GRAIN, 0.6, 0.12), bark, thing=False),
    ]


def _fireflies(rng: np.random.Generator) -> list[Lamp]:
    return [
        Lamp(
            (float(rng.uniform(-4, 4)), float(rng.uniform(0.4, 3)), float(rng.uniform(2.5, 7))),
            (0.9, 0.85, 0.35),
            0.03,
            0.012,
        )
        for _ in range(14)
    ]


def _moss(points: Vectors) -> Vectors:
    tufts = smooth(-0.5, 0.5, GRAIN.around(points, 1.1))
    green = mix(column((0.025, 0.06, 0.012)), column((0.16, 0.28, 0.04)), tufts)
    return mix(green, column((0.14, 0.09, 0.04)), smooth(0.1, 0.6, HILLS.around(points, 0.3)))


SUBJECT = Subject(
    "mushrooms",
    "three red toadstools with white dots on a mossy forest floor, macro photography, bokeh, "
    "fireflies, magical atmosphere, volumetric light",
    {
        "count": Mistake(0.65, "five toadstools instead of three"),
        "colour": Mistake(0.9, "blue toadstools instead of red ones"),
    },
    mushrooms,
)
