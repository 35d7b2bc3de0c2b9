"""A living room."""

import math
from collections.abc import Collection

import numpy as np

from ..fields import RGB, Floats, Point, Vectors, column, direction, mix, smooth
from ..skies import Studio
from ..solids import (
    box,
    capsule,
    cylinder,
    ellipsoid,
    near,
    placed,
    union,
    without,
)
from ..stage import Camera, Lamp, Material, Solid, Stage, turn_about
from .base import (
    GRAIN,
    HILLS,
    Mistake,
    Subject,
    speckled,
    wood,
)


def room(wrong: Collection[str], rng: np.random.Generator) -> Stage:
    cloth: RGB = (0.5, 0.06, 0.05) if "colour" in wrong else (0.015, 0.2, 0.21)
    side = -1.0 if "place" in wrong else 1.0
    solids = [
        Solid(
            box((0, 2.2, 2.6), (8, 3, 0.1)),
            Material(speckled((0.5, 0.44, 0.36), (0.56, 0.5, 0.42), GRAIN, 0.15), 0.95),
            thing=False,
        ),
        Solid(
            box((-4.6 * side, 2.2, 0), (0.1, 3, 8)), Material((0.48, 0.42, 0.35), 0.95), thing=False
        ),
        Solid(
            cylinder((0, 0.012, -0.5), 2.1, 0.014),
            Material(_rug, 0.98, bumps=lambda p: 0.006 * GRAIN.around(p, 3.0)),
        ),
        *_sofa(cloth),
        *_table(rng),
        *_plant((-2.35 * side, 0.0, 1.6), rng),
    ]
    mustard = Material((0.66, 0.36, 0.04), 0.9, bumps=_weave)
    spots = (-0.85, 0.9, -0.2, 0.35) if "count" in wrong else (-0.85, 0.9)
    pillows = [
        placed(
            ellipsoid((0, 0, 0), (0.29, 0.26, 0.11)),
            (x, 0.88, 1.35),
            rng.uniform(-0.3, 0.3),
            rng.uniform(-0.3, 0.3),
        )
        for x in spots
    ]
    solids.append(Solid(union(*pillows), mustard))
    lamps = [Lamp((-2.0, 3.2, -3.0), (5.5, 5.4, 5.6), 0.5)]
    if "missing" not in wrong:
        solids += _floor_lamp(2.1 * side)
        lamps.append(Lamp((2.1 * side, 2.0, 1.4), (3.4, 1.9, 0.8), 0.32, 0.012, shadow=False))
    solids += [
        Solid(
            box((-0.2 * side, 2.25, 2.46), (0.82, 0.56, 0.03), 0.01),
            Material((0.05, 0.03, 0.02), 0.5),
        ),
        Solid(box((-0.2 * side, 2.25, 2.44), (0.76, 0.5, 0.03)), Material(_painting, 0.9)),
    ]
    return Stage(
        solids,
        Camera(
            turn_about((0, 1, 1), 5.0, rng.uniform(-0.35, 0.35), rng.uniform(1.25, 1.7)),
            (0.05, 1.12, 1),
            0.94,
        ),
        Studio(wall=(0.4, 0.35, 0.3), at=(-0.8, 0.4, -0.45)),
        floor=Material(wood((0.42, 0.25, 0.13), (0.24, 0.12, 0.06), 0.35), 0.34, 0.04, mirror=True),
        sun=direction((-0.62, 0.6, -0.62)),
        sunlight=(1.1, 0.95, 0.78),
        hardness=4.0,
        above=(0.34, 0.31, 0.29),
        beneath=(0.24, 0.18, 0.13),
        lamps=lamps,
        exposure=1.0,
    )


def _weave(points: Vectors) -> Floats:
    x, y, z = points * np.float32(110)
    found: Floats = 0.003 * np.sin(x) * np.sin(y + z)
    return found


def _sofa(cloth: RGB) -> list[Solid]:
    frame = union(
        box((0, 0.4, 1.5), (1.62, 0.2, 0.52), 0.08),
        box((0, 0.82, 1.98), (1.62, 0.48, 0.17), 0.12),
        box((-1.66, 0.52, 1.5), (0.17, 0.36, 0.55), 0.11),
        box((1.66, 0.52, 1.5), (0.17, 0.36, 0.55), 0.11),
    )
    seats = [box((x, 0.62, 1.42), (0.72, 0.13, 0.5), 0.1) for x in (-0.74, 0.74)]
    backs = [box((x, 0.98, 1.76), (0.7, 0.31, 0.15), 0.13) for x in (-0.74, 0.74)]
    legs = [cylinder((x, 0.1, z), 0.035, 0.12) for x in (-1.5, 1.5) for z in (1.1, 1.9)]
    shaded = speckled(cloth, (cloth[0] * 0.7, cloth[1] * 0.7, cloth[2] * 0.7), GRAIN, 0.6)
    return [
        Solid(
            near((0, 0.7, 1.5), 2.1, union(frame, *seats, *backs)),
            Material(shaded, 0.9, soft=0.2, bumps=_weave),
        ),
        Solid(union(*legs), Material((0.16, 0.08, 0.03), 0.5)),
    ]


def _rug(points: Vectors) -> Vectors:
    out = np.hypot(points[0], points[2] + 0.5)
    ring = smooth(0.02, 0.05, np.abs(np.mod(out * 2.4, 1) - 0.5))
    return mix(column((0.33, 0.1, 0.06)), column((0.62, 0.54, 0.42)), ring) * (
        0.85 + 0.25 * GRAIN(points[0], points[2])
    )


def _painting(points: Vectors) -> Vectors:
    x, y = points[0], points[1] - 2.25
    hills = 0.13 * GRAIN(x * 0.25, np.full_like(x, 0.3))
    far = 0.1 * GRAIN(x * 0.2 + 0.4, np.full_like(x, 0.8))
    sky = mix(column((0.75, 0.5, 0.3)), column((0.3, 0.4, 0.5)), smooth(-0.1, 0.45, y))
    sky = mix(sky, column((0.8, 0.2, 0.06)), smooth(0.16, 0.15, np.hypot(x - 0.1, y - 0.12)))
    land = mix(sky, column((0.2, 0.26, 0.3)), smooth(0.0, -0.01, y - far))
    return mix(land, column((0.06, 0.1, 0.1)), smooth(0.0, -0.01, y + 0.2 - hills))


def _table(rng: np.random.Generator) -> list[Solid]:
    top = cylinder((0.1, 0.46, -0.15), 0.62, 0.03, 0.02)
    legs = [
        capsule(
            (0.1 + 0.3 * math.sin(a), 0.44, -0.15 + 0.3 * math.cos(a)),
            (0.1 + 0.45 * math.sin(a), 0.02, -0.15 + 0.45 * math.cos(a)),
            0.03,
        )
        for a in (0.5, 2.6, 4.7)
    ]
    books = [
        box(
            (0.28, 0.52 + 0.055 * k, -0.1), (0.2, 0.025, 0.14), 0.006, float(rng.uniform(-0.6, 0.6))
        )
        for k in range(3)
    ]
    mug = without(
        cylinder((-0.16, 0.57, -0.28), 0.085, 0.09, 0.02), cylinder((-0.16, 0.62, -0.28), 0.07, 0.1)
    )
    return [
        Solid(
            near((0.1, 0.25, -0.15), 0.75, union(top, *legs)),
            Material(wood((0.36, 0.2, 0.09), (0.2, 0.1, 0.04)), 0.4),
        ),
        Solid(
            near((0.28, 0.58, -0.1), 0.35, union(*books)),
            Material(speckled((0.1, 0.16, 0.3), (0.5, 0.42, 0.3), HILLS, 2.5, -0.1, 0.1), 0.8),
        ),
        Solid(near((-0.16, 0.57, -0.28), 0.2, mug), Material((0.7, 0.68, 0.64), 0.3)),
    ]


def _plant(at: Point, rng: np.random.Generator) -> list[Solid]:
    x, _, z = at
    leaves = []
    for k in range(15):
        turn, lean = k * 2.4, rng.uniform(0.35, 1.15)
        tip = (
            x + 0.75 * math.sin(lean) * math.sin(turn),
            0.62 + 1.15 * math.cos(lean * 0.8) * rng.uniform(0.75, 1.1),
            z + 0.75 * math.sin(lean) * math.cos(turn),
        )
        leaves.append(capsule((x, 0.5, z), tip, 0.012))
        leaves.append(
            placed(
                ellipsoid((0, 0.12, 0), (0.13, 0.25, 0.022)),
                tip,
                float(turn),
                float(lean * (1 if math.sin(turn) > 0 else -1)) * 0.8,
            )
        )
    pot = cylinder((x, 0.26, z), 0.25, 0.26, 0.03, -0.14)
    return [
        Solid(
            near((x, 1.1, z), 1.15, union(*leaves)),
            Material(
                speckled((0.02, 0.1, 0.025), (0.08, 0.22, 0.05), GRAIN, 0.9), 0.45, 0.045, soft=0.5
            ),
        ),
        Solid(near((x, 0.26, z), 0.5, pot), Material((0.5, 0.42, 0.36), 0.8)),
    ]


def _floor_lamp(x: float) -> list[Solid]:
    pole = union(cylinder((x, 0.9, 1.4), 0.022, 0.9), cylinder((x, 0.02, 1.4), 0.2, 0.025, 0.01))
    shade = without(
        cylinder((x, 2.0, 1.4), 0.3, 0.24, 0.01, 0.3), cylinder((x, 2.0, 1.4), 0.285, 0.3, 0.0, 0.3)
    )
    return [
        Solid(pole, Material((0.3, 0.2, 0.08), 0.3, 0.6, metal=True)),
        Solid(
            near((x, 2.0, 1.4), 0.5, shade),
            Material((0.7, 0.55, 0.35), 0.9, glow=(1.7, 0.95, 0.36)),
        ),
    ]


SUBJECT = Subject(
    "room",
    "Interior design photo of a cosy living room: teal velvet sofa with two mustard cushions, a "
    "floor lamp to the right of it, a round rug, a coffee table with books, a painting on the "
    "wall, warm evening light, Scandinavian style",
    {
        "count": Mistake(0.4, "four cushions instead of two"),
        "colour": Mistake(0.85, "red sofa instead of teal"),
        "place": Mistake(0.5, "floor lamp on the left"),
        "missing": Mistake(0.6, "floor lamp"),
    },
    room,
)
