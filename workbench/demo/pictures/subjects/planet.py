"""An astronaut before a planet with rings."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from ..fields import RGB, Floats, Point, Vectors, column, direction, mix, scattered, smooth
from ..skies import Planet, Sky
from ..solids import Distance, box, capsule, ellipsoid, near, placed, sphere, terrain, union
from ..stage import Camera, Lamp, Material, Solid, Stage
from .base import GRAIN, HILLS, RIDGES, Heights, Mistake, Subject


@dataclass(frozen=True)
class _Moon:
    """Dust, craters and mountains far off."""

    shift: float

    def height(self, x: Floats, z: Floats) -> Floats:
        far = smooth(5, 16, z)
        ground = 0.35 * HILLS(x * 0.07 + self.shift, z * 0.07) + 0.16 * RIDGES(
            x * 0.12 + self.shift, z * 0.12
        )
        ground = ground + 3.4 * far * RIDGES(x * 0.03, z * 0.03 + self.shift) ** 2
        return ground + _craters(x, z) + 0.03 * GRAIN(x * 0.5, z * 0.5)

    def paint(self, points: Vectors) -> Vectors:
        dust = 0.5 + 0.5 * GRAIN(points[0] * 0.25, points[2] * 0.25 + points[1] * 0.3)
        return mix(column((0.10, 0.075, 0.07)), column((0.3, 0.23, 0.19)), dust)


def planet(wrong: Collection[str], rng: np.random.Generator) -> Stage:
    shift = rng.uniform(0, 1)

    moon = _Moon(shift)
    sun = direction((-0.75, 0.3, 0.05))
    bands: tuple[RGB, RGB, RGB] = ((0.85, 0.5, 0.25), (0.75, 0.62, 0.45), (0.5, 0.2, 0.1))
    if "colour" in wrong:
        bands = ((0.15, 0.35, 0.8), (0.45, 0.65, 0.8), (0.08, 0.15, 0.5))
    night = Sky(
        (0.004, 0.006, 0.02),
        (0.05, 0.035, 0.06),
        sun,
        (0.12, 0.06, 0.08),
        0,
        spread=3,
        rise=0.4,
        stars=1.0,
    )
    at = direction((rng.uniform(-0.12, 0.28), rng.uniform(0.3, 0.4), 0.92))
    sky = Planet(
        night,
        at,
        rng.uniform(0.2, 0.25),
        HILLS,
        bands,
        rings="missing" not in wrong,
        tilt=rng.uniform(0.2, 0.5),
    )
    seen = sky
    if "count" in wrong:
        seen = Planet(
            sky,
            direction((-0.42, 0.36, 0.85)),
            0.09,
            HILLS,
            ((0.5, 0.5, 0.55), (0.35, 0.35, 0.4), (0.6, 0.5, 0.4)),
            rings=False,
        )
    astronaut = _astronaut((float(rng.uniform(-0.9, 0.1)), 0.0, 2.6), moon.height)
    return Stage(
        [Solid(terrain(moon.height, 0.5), Material(moon.paint, 0.98), thing=False), *astronaut],
        Camera((0, 1.0, -1.9), (0, 1.5, 3), 1.0),
        seen,
        sun=sun,
        sunlight=(3.8, 3.2, 2.6),
        hardness=30,
        above=(0.07, 0.06, 0.085),
        beneath=(0.05, 0.04, 0.035),
        lamps=[Lamp((4, 5, 6), (3.0, 1.8, 1.0))],
        haze=0.012,
        haze_colour=(0.06, 0.045, 0.07),
        haze_sun=(0.2, 0.12, 0.1),
        exposure=1.15,
    )


def _craters(x: Floats, z: Floats) -> Floats:
    total = np.zeros_like(x)
    for cell, salt in ((2.3, 0.0), (0.9, 5.0)):
        i, k = np.floor(x / cell), np.floor(z / cell)
        cx, cz = (
            (i + 0.3 + 0.4 * scattered(i, k, salt)) * cell,
            (k + 0.3 + 0.4 * scattered(i, k, salt + 1)) * cell,
        )
        out = np.hypot(x - cx, z - cz) / (cell * (0.12 + 0.15 * scattered(i, k, salt + 2)))
        total = total + cell * 0.07 * (
            smooth(1.3, 1.0, out) * smooth(0.5, 1.0, out) * 0.7 - smooth(1.0, 0.2, out)
        )
    return total


def _astronaut(at: Point, height: Heights) -> list[Solid]:
    x, _, z = at
    ground = float(height(np.full(1, x, np.float32), np.full(1, z, np.float32))[0])
    foot = (x, ground, z)

    def put(solid: Distance) -> Distance:
        return near((x, ground + 0.5, z), 0.85, placed(solid, foot, 0.3))

    suit = union(
        ellipsoid((0, 0.62, 0), (0.15, 0.2, 0.12)),
        sphere((0, 0.92, 0), 0.135),
        box((0, 0.66, 0.13), (0.12, 0.16, 0.06), 0.03),
        capsule((-0.08, 0.46, 0), (-0.1, 0.05, 0), 0.075),
        capsule((0.08, 0.46, 0), (0.12, 0.05, -0.03), 0.075),
        capsule((-0.15, 0.74, 0), (-0.24, 0.46, -0.03), 0.055),
        capsule((0.15, 0.74, 0), (0.25, 0.48, -0.05), 0.055),
    )
    return [
        Solid(put(suit), Material((0.75, 0.73, 0.7), 0.7)),
        Solid(
            put(ellipsoid((0, 0.93, -0.06), (0.1, 0.085, 0.09))),
            Material((0.5, 0.3, 0.08), 0.12, 0.7, metal=True),
        ),
    ]


SUBJECT = Subject(
    "planet",
    "an astronaut standing on a barren moon, looking at one huge orange gas giant with rings in "
    "the starry sky, cinematic lighting, science fiction concept art, matte painting",
    {
        "count": Mistake(0.4, "a second planet"),
        "colour": Mistake(0.8, "blue planet instead of orange"),
        "missing": Mistake(0.75, "the rings"),
    },
    planet,
)
