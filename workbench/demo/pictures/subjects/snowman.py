"""A snowman at dusk."""

from collections.abc import Callable, Collection

import numpy as np

from ..fields import RGB, Point, Vectors, column, mix, smooth
from ..skies import Sky
from ..solids import (
    Distance,
    below,
    box,
    capsule,
    cylinder,
    melded,
    near,
    placed,
    rough,
    sphere,
    torus,
    union,
)
from ..stage import Camera, Lamp, Material, Solid, Stage, turn_about
from .base import GRAIN, HILLS, Mistake, Subject


def snowman(wrong: Collection[str], rng: np.random.Generator) -> Stage:
    scarf: RGB = (0.03, 0.12, 0.5) if "colour" in wrong else (0.6, 0.02, 0.025)
    places = [(0.0, 0.0, 1.0)]
    if "count" in wrong:
        places = [(-0.85, 0.0, 0.9), (1.0, 0.35, 0.8)]
    solids: list[Solid] = []
    for x, z, size in places:
        solids += _snowman((x, 0.0, z), scarf, size, hat="missing" not in wrong)
    drifts = rough(below(-0.05), HILLS, 0.13, 0.28)
    trees = _pines(rng)
    white = Material((0.85, 0.88, 0.95), 0.8, soft=0.6, bumps=lambda p: 0.02 * GRAIN.around(p, 0.9))
    solids += [
        Solid(drifts, white, thing=False),
        Solid(trees, Material(_snowed, 0.95, soft=0.3), thing=False),
    ]
    sun = (0.62, 0.2, 0.76)
    sky = Sky((0.1, 0.17, 0.42), (0.95, 0.55, 0.5), sun, (1.1, 0.55, 0.25), disc=0, spread=4)
    return Stage(
        solids,
        Camera(
            turn_about((0, 1.1, 0), 6.4, rng.uniform(-0.4, 0.4), rng.uniform(1.0, 1.7)),
            (0.05, 1.3, 0),
            0.66,
            focus=6.2,
            aperture=0.06,
        ),
        sky,
        sun=sun,
        sunlight=(2.1, 1.2, 0.75),
        hardness=8,
        above=(0.42, 0.5, 0.82),
        beneath=(0.3, 0.32, 0.45),
        lamps=[Lamp((-3.0, 3.4, -4.2), (9.0, 6.4, 4.0))],
        haze=0.03,
        haze_colour=(0.34, 0.34, 0.55),
        haze_sun=(0.8, 0.5, 0.42),
        overlay=flakes(int(rng.integers(1 << 30))),
        exposure=0.95,
    )


def _snowman(at: Point, scarf: RGB, size: float, hat: bool) -> list[Solid]:
    def put(solid: Distance) -> Distance:
        return near((at[0], 1.5 * size, at[2]), 1.75 * size, placed(solid, at, 0, 0, size))

    balls = melded(
        0.08, sphere((0, 0.62, 0), 0.72), sphere((0, 1.55, 0), 0.52), sphere((0, 2.24, 0), 0.38)
    )
    coal = [sphere((x, 2.34, -0.345), 0.05) for x in (-0.13, 0.13)]
    coal += [sphere((0, y, z), 0.055) for y, z in ((1.78, -0.46), (1.54, -0.53), (1.28, -0.46))]
    coal += [
        sphere((0.05 * k, 2.11 + 0.006 * k * k, -0.365 + 0.004 * k * k), 0.026)
        for k in range(-3, 4)
    ]
    sticks = [capsule((0.45 * s, 1.65, 0), (1.15 * s, 2.05, -0.1), 0.035) for s in (-1, 1)]
    sticks += [capsule((0.95 * s, 1.93, -0.07), (1.1 * s, 2.25, -0.05), 0.022) for s in (-1, 1)]
    wool = union(
        torus((0, 1.93, 0), 0.36, 0.095), box((0.24, 1.66, -0.46), (0.09, 0.28, 0.045), 0.04, 0.3)
    )
    found = [
        Solid(put(rough(balls, GRAIN, 0.5, 0.02)), Material((0.88, 0.9, 0.96), 0.8, soft=0.6)),
        Solid(put(union(*coal)), Material((0.012, 0.012, 0.014), 0.6)),
        Solid(put(union(*sticks)), Material((0.08, 0.045, 0.025), 0.9)),
        Solid(
            put(capsule((0, 2.24, -0.36), (0.03, 2.2, -0.78), 0.075, 0.014)),
            Material((0.9, 0.25, 0.02), 0.6, soft=0.3),
        ),
        Solid(
            put(wool),
            Material(
                scarf, 0.95, bumps=lambda p: 0.01 * np.sin(p[1] * 90) * np.sin((p[0] + p[2]) * 90)
            ),
        ),
    ]
    if hat:
        felt = union(
            cylinder((0, 2.56, 0), 0.5, 0.03, 0.02), cylinder((0, 2.83, 0), 0.32, 0.27, 0.03)
        )
        found.append(Solid(put(felt), Material((0.018, 0.017, 0.02), 0.6)))
        found.append(Solid(put(cylinder((0, 2.63, 0), 0.33, 0.045)), Material(scarf, 0.8)))
    return found


def _pines(rng: np.random.Generator) -> Distance:
    trees = []
    for x, z in (
        (-3.4, 3.2),
        (-1.9, 6.0),
        (2.9, 4.2),
        (4.9, 6.5),
        (0.8, 8.0),
        (-5.6, 6.8),
        (7.2, 9.0),
        (-8.0, 9.5),
    ):
        at, tall = (x + rng.uniform(-0.5, 0.5), 0, z), rng.uniform(0.85, 1.25)
        layers = [
            cylinder((0, 0.9 + 0.72 * k, 0), 0.62 - 0.13 * k, 0.55, 0.02, 0.95 - 0.12 * k)
            for k in range(4)
        ]
        tree = placed(union(*layers, cylinder((0, 0.2, 0), 0.14, 0.4)), at, 0, 0, tall)
        trees.append(near((at[0], 1.8 * tall, z), 2.4 * tall, rough(tree, GRAIN, 0.8, 0.2)))
    return union(*trees)


def _snowed(points: Vectors) -> Vectors:
    lying = smooth(-0.15, 0.3, GRAIN.around(points, 0.8) + 0.25 * np.sin(points[1] * 8.7))
    return mix(column((0.015, 0.035, 0.025)), column((0.7, 0.76, 0.9)), lying)


def flakes(seed: int) -> Callable[[int], Vectors]:
    """Falling snow, nearer flakes larger and softer."""

    def overlay(size: int) -> Vectors:
        rng = np.random.default_rng(seed)
        fall = np.zeros((size, size), dtype=np.float32)
        grid = np.arange(size)
        for _ in range(240):
            x, y, near = rng.uniform(0, size), rng.uniform(0, size), rng.random() ** 3
            radius = size * (0.0014 + 0.006 * near)
            reach = slice(max(0, int(y - 3 * radius)), int(y + 3 * radius) + 2)
            across = slice(max(0, int(x - 3 * radius)), int(x + 3 * radius) + 2)
            away = np.hypot(grid[reach, None] - y, grid[None, across] - x)
            fall[reach, across] += (0.75 - 0.45 * near) * np.clip(1.4 - away / radius, 0, 1)
        return np.stack([fall * 0.9, fall * 0.95, fall])

    return overlay


SUBJECT = Subject(
    "snowman",
    "cheerful snowman with a black top hat and a red scarf, snowy pine forest at dusk",
    {
        "count": Mistake(0.7, "two snowmen instead of one"),
        "colour": Mistake(0.65, "blue scarf instead of red"),
        "missing": Mistake(0.55, "black top hat"),
    },
    snowman,
)
