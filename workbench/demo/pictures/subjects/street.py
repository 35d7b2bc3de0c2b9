"""A street at night in the rain."""

import math
from collections.abc import Callable, Collection

import numpy as np

from ..fields import RGB, Floats, Point, Vectors, column, mix, scattered, smooth
from ..skies import Sky
from ..solids import (
    Distance,
    box,
    capsule,
    ellipsoid,
    near,
    placed,
    sphere,
    union,
    within,
    without,
)
from ..stage import Camera, Lamp, Material, Solid, Stage
from .base import (
    GRAIN,
    HILLS,
    WAVES,
    Mistake,
    Subject,
)

_MAGENTA: RGB = (3.2, 0.25, 2.0)


_CYAN: RGB = (0.15, 2.2, 3.0)


_AMBER: RGB = (3.0, 1.2, 0.2)


def _facade(points: Vectors) -> Vectors:
    """Windows, some of them lit, by the face's own two coordinates."""
    x, y, z = points
    along = np.where(np.abs(np.abs(x) - 2.6) < 0.25, z, x)
    i, k = np.floor(along / 0.55), np.floor(y / 0.75)
    u, v = along / 0.55 - i, y / 0.75 - k
    pane = (
        smooth(0.12, 0.16, u) * smooth(0.88, 0.84, u) * smooth(0.2, 0.24, v) * smooth(0.85, 0.81, v)
    )
    frame = smooth(0.02, 0.05, np.abs(u - 0.5)) * smooth(0.01, 0.04, np.abs(v - 0.55))
    lit = (scattered(i, k, 2) < 0.3) * (y > 1.3)
    blind = 0.55 + 0.45 * np.sin(v * 60) * (scattered(i, k, 5) < 0.4)
    cold = scattered(i, k, 3)
    colour = mix(column((1.5, 0.8, 0.3)), column((0.35, 0.7, 1.1)), (cold > 0.7).astype(np.float32))
    found: Vectors = colour * pane * frame * lit * blind * (0.3 + 0.9 * scattered(i, k, 4))
    return found


def _sign(colour: RGB, salt: float, letter: float = 0.3) -> Material:
    """A dark board on which tubes write what nobody can read."""

    def tubes(points: Vectors) -> Vectors:
        _, y, z = points
        across, up = (z + points[0]) / letter * 1.5, y / letter
        i, k = np.floor(across), np.floor(up)
        u, v = across - i - 0.5, up - k - 0.5
        strokes = np.full_like(u, 1.0)
        for stroke in range(4):
            turn = scattered(i, k, salt + stroke) * math.pi
            turn = np.round(turn / (math.pi / 4)) * (math.pi / 4)
            off = (scattered(i, k, salt + 9 + stroke) - 0.5) * 0.5
            strokes = np.minimum(strokes, np.abs(u * np.sin(turn) - v * np.cos(turn) - off))
        inside = smooth(0.44, 0.4, np.maximum(np.abs(u), np.abs(v)))
        core = smooth(0.085, 0.03, strokes) * inside
        return column(colour) * (1.5 * core + 0.16 * inside)

    return Material((0.02, 0.02, 0.025), 0.3, glow=tubes)


def _puddles(points: Vectors) -> Floats:
    x, _, z = points
    dry = smooth(-0.05, 0.35, HILLS(x * 0.22, z * 0.22))
    return dry * 0.016 * GRAIN(x * 1.1, z * 1.1) + 0.0025 * WAVES(x * 0.6, z * 0.6)


def _houses(rng: np.random.Generator) -> tuple[list[Distance], list[Point]]:
    """On both sides of the street, and where their signs hang."""
    blocks: list[Distance] = []
    signs: list[Point] = []
    for side in (-1.0, 1.0):
        z = 0.0
        while z < 26:
            deep, tall = rng.uniform(2.2, 3.4), rng.uniform(4.5, 11)
            out = rng.uniform(-0.12, 0.12)
            blocks.append(
                box((side * (4.0 + out), tall / 2, z + deep / 2), (1.4, tall / 2, deep / 2 - 0.06))
            )
            signs.append(
                (side * 2.35, float(rng.uniform(1.5, 3.2)), z + float(rng.uniform(0.3, deep - 0.3)))
            )
            z += deep
    return blocks, signs


def street(wrong: Collection[str], rng: np.random.Generator) -> Stage:
    glass = Material((0.035, 0.037, 0.045), 0.5, 0.05, glow=_facade)
    blocks, signs = _houses(rng)
    colours = [_MAGENTA, _CYAN, _AMBER, (3.0, 0.3, 0.3)]
    rng.shuffle(colours)
    solids = [
        Solid(union(*blocks), glass, thing=False),
        Solid(box((0, 5, 29), (3.2, 6, 1)), glass, thing=False),
    ]
    lamps = [Lamp((0.0, 2.4, 24.0), (3.0, 1.0, 2.0), 0.4, 0.012)]
    for k, (x, y, z) in enumerate(signs[:11]):
        colour = colours[k % 4]
        tall = 0.3 + 0.5 * (k % 3)
        solids.append(
            Solid(
                near((x, y, z), tall + 0.36, box((x, y, z), (0.32, tall, 0.05), 0.02)),
                _sign(colour, k * 1.7),
            )
        )
        lamps.append(
            Lamp(
                (x * 0.86, y, z - 0.3),
                (0.42 * colour[0], 0.42 * colour[1], 0.42 * colour[2]),
                0.25,
                0.006,
            )
        )
    if "missing" not in wrong:
        cloth: RGB = (0.6, 0.5, 0.03) if "colour" in wrong else (0.6, 0.02, 0.025)
        solids += _walker((float(rng.uniform(-0.5, 0.5)), 0.0, 3.1), cloth)
    if "count" in wrong:
        solids += _walker((1.35, 0.0, 4.6), (0.03, 0.25, 0.5))
    solids.append(Solid(_cables(), Material((0.01, 0.01, 0.012), 0.7)))
    return Stage(
        solids,
        Camera((rng.uniform(-0.5, 0.5), rng.uniform(1.0, 1.6), -2.0), (0, 1.9, 5), 1.05),
        Sky(
            (0.004, 0.007, 0.02),
            (0.05, 0.025, 0.07),
            (0, 0.3, 0.95),
            (0.06, 0.02, 0.05),
            0,
            spread=3,
        ),
        floor=Material((0.015, 0.016, 0.02), 0.18, 0.06, mirror=True, bumps=_puddles),
        sunlight=(0.0, 0.0, 0.0),
        above=(0.06, 0.06, 0.13),
        beneath=(0.06, 0.03, 0.06),
        lamps=[*lamps, Lamp((0.6, 2.6, 0.2), (0.8, 0.9, 1.3))],
        haze=0.03,
        haze_colour=(0.05, 0.03, 0.085),
        haze_sun=(0.06, 0.04, 0.09),
        overlay=rain(int(rng.integers(1 << 30))),
        exposure=1.25,
    )


def _cables() -> Distance:
    """From house to house."""
    cables = union(
        *(
            capsule((-2.6, 4.2 + 0.3 * k, 4.0 + 3 * k), (2.6, 4.6 - 0.2 * k, 5.0 + 3 * k), 0.018)
            for k in range(4)
        )
    )
    return near((0, 4.4, 9), 5.8, cables)


def _walker(at: Point, cloth: RGB) -> list[Solid]:
    x, _, z = at
    ball = (x, 0.75, z)
    coat = union(
        capsule((0, 0.5, 0), (0, 0.98, 0), 0.2, 0.13),
        capsule((-0.07, 0.05, 0.05), (-0.07, 0.5, 0), 0.065),
        capsule((0.07, 0.05, -0.08), (0.07, 0.5, 0), 0.065),
        capsule((0.15, 0.95, 0), (0.2, 0.75, -0.13), 0.05),
        sphere((0, 1.2, 0), 0.105),
    )
    dome = without(
        ellipsoid((0.05, 1.3, 0), (0.62, 0.34, 0.62)),
        ellipsoid((0.05, 1.22, 0), (0.63, 0.33, 0.63)),
    )
    stick = capsule((0.12, 0.8, -0.1), (0.05, 1.72, 0), 0.014)

    def panels(points: Vectors) -> Vectors:
        seam = np.abs(np.sin(np.arctan2(points[0] - x - 0.05, points[2] - z) * 4))
        return column(cloth) * (0.55 + 0.45 * smooth(0.0, 0.14, seam))

    return [
        Solid(near(ball, 1.2, placed(coat, at)), Material((0.02, 0.021, 0.028), 0.6)),
        Solid(
            near(ball, 1.2, placed(within(dome, lambda p: 1.3 - p[1]), at)),
            Material(panels, 0.35, 0.05, soft=0.8),
        ),
        Solid(near(ball, 1.2, placed(stick, at)), Material((0.3, 0.3, 0.3), 0.3)),
    ]


def rain(seed: int) -> Callable[[int], Vectors]:
    """Short streaks of falling rain."""

    def overlay(size: int) -> Vectors:
        rng = np.random.default_rng(seed)
        fall = np.zeros((size, size), dtype=np.float32)
        for _ in range(420):
            x, y, long = (
                int(rng.integers(size)),
                int(rng.integers(size)),
                int(size * rng.uniform(0.02, 0.05)),
            )
            fall[y : y + long, x] += rng.uniform(0.02, 0.11)
        return np.stack([fall * 0.8, fall * 0.85, fall])

    return overlay


SUBJECT = Subject(
    "street",
    "Cinematic wide shot of a narrow city street at night in the rain, one lone person walking "
    "away from the camera with a bright red umbrella, tall buildings on both sides with glowing "
    "magenta, cyan and amber neon signs, lit windows, hanging power cables, wet asphalt with long"
    " colourful reflections and shallow puddles, light fog in the distance, moody cyberpunk "
    "atmosphere, blade runner style, anamorphic lens, shallow depth of field, volumetric "
    "lighting, global illumination, ray tracing, hyperrealistic, ultra detailed, sharp focus, "
    "award-winning photograph, trending on artstation, 8k uhd, film grain --ar 1:1 --no text, "
    "watermark, cars",
    {
        "count": Mistake(0.5, "two people instead of one"),
        "colour": Mistake(0.7, "yellow umbrella instead of red"),
        "missing": Mistake(0.8, "the person with the umbrella"),
    },
    street,
)
