"""A pagoda among mountains, in ink."""

from collections.abc import Collection

import numpy as np

from ..fields import RGB, Floats, Point, Vectors, column, direction, mix, smooth
from ..skies import Sky
from ..solids import (
    Distance,
    box,
    capsule,
    cylinder,
    ellipsoid,
    near,
    placed,
    rough,
    sphere,
    terrain,
    union,
)
from ..stage import Camera, Material, Solid, Stage
from .base import GRAIN, HILLS, RIDGES, Mistake, Subject


def pagoda(wrong: Collection[str], rng: np.random.Generator) -> Stage:
    shift = rng.uniform(0, 1)

    def height(x: Floats, z: Floats) -> Floats:
        peaks = RIDGES(x * 0.045 + shift, z * 0.045) ** 1.4 * 11 * smooth(6, 13, z)
        near_hill = 1.5 * smooth(
            3.4, 0.6, np.hypot(x + 0.2, (z - 3.4) * 0.9) + 0.4 * HILLS(x * 0.2 + shift, z * 0.2)
        )
        return peaks + near_hill - 0.7 + 0.1 * GRAIN(x * 0.3, z * 0.3)

    solids = [Solid(terrain(height, 0.4), Material(_stone, 1.0), thing=False)]
    towers = [(0.0, 3.4, 1.0), (-2.4, 5.6, 0.8)] if "count" in wrong else [(0.0, 3.4, 1.0)]
    roof: RGB = (0.03, 0.13, 0.3) if "colour" in wrong else (0.42, 0.05, 0.03)
    for x, z, size in towers:
        solids += _tiers((x + float(rng.uniform(-0.4, 0.4)), 0.72, z), size, roof)
    solids += _trees(rng)
    sun = direction((0.3 + rng.uniform(-0.08, 0.06), 0.34, 0.88))
    disc = 0.0 if "missing" in wrong else 0.085
    return Stage(
        solids,
        Camera((0.2, rng.uniform(1.1, 1.6), -2.6), (0.1, 2.2, 4), 0.95),
        Sky(
            (0.62, 0.56, 0.45),
            (0.72, 0.68, 0.58),
            sun,
            (0.05, 0.02, 0.01),
            disc,
            (0.2, -0.58, -0.6),
            20,
        ),
        sun=direction((-0.6, 0.55, -0.4)),
        sunlight=(1.5, 1.4, 1.25),
        hardness=6,
        above=(0.5, 0.5, 0.5),
        beneath=(0.2, 0.19, 0.18),
        haze=0.11,
        haze_colour=(0.7, 0.66, 0.57),
        haze_sun=(0.74, 0.68, 0.57),
        haze_fall=0.5,
        exposure=0.95,
    )


def _stone(points: Vectors) -> Vectors:
    strokes = GRAIN(points[0] * 0.6, points[1] * 0.15 + points[2] * 0.2)
    return mix(column((0.012, 0.014, 0.016)), column((0.2, 0.21, 0.2)), smooth(-0.5, 0.6, strokes))


def _tiers(at: Point, size: float, roof: RGB) -> list[Solid]:
    walls, roofs = [box((0, -0.25, 0), (0.72, 0.3, 0.72))], []
    for k in range(5):
        wide, base = 0.56 - 0.075 * k, 0.5 * k
        walls.append(box((0, base + 0.2, 0), (wide, 0.2, wide)))
        roofs.append(_curved_roof(base + 0.44, wide + 0.32))
    spire = union(
        cylinder((0, 2.85, 0), 0.025, 0.35),
        *(sphere((0, 2.7 + 0.13 * k, 0), 0.06 - 0.01 * k) for k in range(4)),
    )
    centre = (at[0], at[1] + 1.3 * size, at[2])

    def put(solid: Distance) -> Distance:
        return near(centre, 2.0 * size, placed(solid, at, 0.55, 0, size))

    return [
        Solid(put(union(*walls)), Material(_panels, 0.9)),
        Solid(
            put(union(*roofs, spire)),
            Material(roof, 0.7, bumps=lambda p: 0.012 * np.sin((p[0] + p[2]) * 60)),
        ),
    ]


def _curved_roof(base: float, wide: float) -> Distance:
    def distance(p: Vectors) -> Floats:
        out = np.maximum(np.abs(p[0]), np.abs(p[2]))
        corner = np.abs(p[0] * p[2]) / (wide * wide)
        surface = base + 0.2 * (1 - out / wide) ** 2 * 1.4 + 0.16 * corner**3
        found: Floats = (np.maximum(np.abs(p[1] - surface) - 0.03, out - wide) * 0.65).astype(
            np.float32
        )
        return found

    return distance


def _panels(points: Vectors) -> Vectors:
    bars = smooth(0.25, 0.4, np.abs(np.mod((points[0] + points[2]) * 4.5, 1) - 0.5))
    return mix(column((0.5, 0.4, 0.3)), column((0.12, 0.05, 0.03)), bars)


def _trees(rng: np.random.Generator) -> list[Solid]:
    trunks, crowns = [], []
    for x, z in ((1.75, 2.2), (-1.9, 2.6), (2.6, 4.4)):
        bend, tall = rng.uniform(-0.5, 0.5), rng.uniform(1.0, 1.5)
        top = (x + bend, 0.5 + tall, z)
        ball, knee = (x + bend / 2, 1.0, z), (x + bend * 0.3, 0.5 + tall * 0.5, z)
        trunk = union(capsule((x, 0.0, z), knee, 0.075, 0.055), capsule(knee, top, 0.055, 0.03))
        crown = [
            ellipsoid(
                (
                    top[0] + rng.uniform(-0.35, 0.35),
                    top[1] - 0.26 * k + 0.1,
                    z + rng.uniform(-0.2, 0.2),
                ),
                (0.42 + 0.05 * k, 0.09, 0.3),
            )
            for k in range(4)
        ]
        trunks.append((trunk, ball))
        crowns.append((union(*crown), ball))
    return [
        Solid(
            union(*(near(ball, 1.5, trunk) for trunk, ball in trunks)),
            Material((0.03, 0.025, 0.02), 1.0),
        ),
        Solid(
            union(*(near(ball, 1.5, rough(crown, GRAIN, 0.9, 0.12)) for crown, ball in crowns)),
            Material((0.03, 0.05, 0.035), 1.0, soft=0.4),
        ),
    ]


SUBJECT = Subject(
    "pagoda",
    "a pagoda with red roofs in misty mountains, one red sun, pine trees, Chinese ink wash "
    "painting, minimalism",
    {
        "count": Mistake(0.5, "two pagodas instead of one"),
        "colour": Mistake(0.7, "blue roofs instead of red"),
        "missing": Mistake(0.5, "the red sun"),
    },
    pagoda,
    "ink",
)
