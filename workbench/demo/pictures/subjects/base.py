"""A subject: a prompt that reads like those of the field, and the stage that it asks for."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np

from ..fields import RGB, Floats, Noise, Paint, Vectors, column, mix, scattered, smooth
from ..stage import Material, Stage

#: Shared textures; each is made once.
CLOUDS = Noise(1, 4, 7, 0.55)
GRAIN = Noise(2, 8, 7, 0.6)
WAVES = Noise(3, 8, 6, 0.55)
RIDGES = Noise(4, 4, 9, 0.5, ridged=True)
HILLS = Noise(5, 3, 8, 0.45)


@dataclass(frozen=True)
class Mistake:
    """What correspondence loses when a picture shows something else: severity 0…1, in words."""

    severity: float
    detail: str


@dataclass(frozen=True)
class Subject:
    """A prompt, the mistakes that its stage can show (by kind of flaw), and the stage itself.

    `stage` is called with the kinds of mistake to show and a source of chance for what a prompt
    leaves open: the angle, the weather, the arrangement.
    """

    name: str
    prompt: str
    mistakes: Mapping[str, Mistake]
    stage: Callable[[Collection[str], np.random.Generator], Stage]
    #: How the picture is finished: "photo", "oil" or "ink".
    medium: str = "photo"


def speckled(
    one: RGB, other: RGB, noise: Noise, scale: float, low: float = -0.4, high: float = 0.4
) -> Paint:
    """A paint of two colours in blotches."""

    def paint(points: Vectors) -> Vectors:
        return mix(column(one), column(other), smooth(low, high, noise.around(points, scale)))

    return paint


def wood(light: RGB, dark: RGB, plank: float = 0.0) -> Paint:
    """Boards along x, with grain; `plank` is their width, 0 for one piece."""

    def paint(points: Vectors) -> Vectors:
        x, _, z = points
        board = np.floor(z / plank) if plank else np.zeros_like(z)
        shift = scattered(board, np.zeros_like(board))
        rings = GRAIN(x * 0.05 + shift, z * 0.5 + shift * 3) + 0.35 * GRAIN(x * 0.2, z * 4.0)
        streaks = 0.5 + 0.5 * np.sin(rings * 18)
        colour = mix(column(dark), column(light), 0.25 + 0.55 * streaks + 0.3 * (shift - 0.5))
        if plank:
            gap = np.abs(np.mod(z / plank, 1) - 0.5)
            colour = colour * (1 - 0.75 * smooth(0.485, 0.498, gap))
        return colour

    return paint


def ripples(scale: float, height: float) -> Callable[[Vectors], Floats]:
    """Bumps of a water surface."""

    def heights(points: Vectors) -> Floats:
        x, _, z = points
        return height * (
            WAVES(x * scale, z * scale) + 0.5 * WAVES(x * scale * 2.7 + 0.3, z * scale * 2.7)
        )

    return heights


Heights = Callable[[Floats, Floats], Floats]


def slope_of(height: Heights, points: Vectors, width: float) -> Floats:
    """How steep the ground is: 0 flat … 1 upright."""
    x, _, z = points
    along = height(x + width, z) - height(x - width, z)
    away = height(x, z + width) - height(x, z - width)
    return 1 - 2 * width / np.sqrt(along**2 + away**2 + 4 * width**2)


def water(deep: RGB, scale: float, height: float) -> Material:
    return Material(deep, 0.12, 0.03, mirror=True, bumps=ripples(scale, height))


def fuzz(points: Vectors) -> Floats:
    return 0.05 * GRAIN.around(points, 2.2)
