"""What a picture is taken of: solids with materials, lamps, a sky, haze, and a camera."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .fields import RGB, Floats, Paint, Point, Vectors, column, unit
from .solids import Distance


@dataclass(frozen=True)
class Material:
    """How a surface looks; colours are linear, 0…1 and above for what glows.

    Args:
        colour: one for all, or a paint.
        rough: 0 polished … 1 chalk.
        shine: reflectance seen from straight above (0.04 for most, 0.6 and more for metals).
        mirror: what it reflects is traced, not guessed from the sky.
        soft: 0…1, light that shines through and round the edges (leaves, skin, snow).
        glow: light of its own.
        bumps: heights that bend the surface's normal.
    """

    colour: RGB | Paint
    rough: float = 0.7
    shine: float = 0.04
    metal: bool = False
    mirror: bool = False
    soft: float = 0.0
    glow: RGB | Paint = (0.0, 0.0, 0.0)
    bumps: Callable[[Vectors], Floats] | None = None


@dataclass(frozen=True)
class Solid:
    """One thing of one material; `thing` says that flaws may bend it, unlike the ground."""

    distance: Distance
    material: Material
    thing: bool = True


@dataclass(frozen=True)
class Lamp:
    """A point that shines; its light fades with the square of the distance."""

    at: Point
    colour: RGB
    #: Nearer than this it grows no brighter.
    radius: float = 0.15
    #: How much of it the air shows, 0 for none.
    halo: float = 0.0
    shadow: bool = False


@dataclass(frozen=True)
class Camera:
    """Where the picture is taken from, and how wide: `view` is the height of what is seen at
    distance 1. `focus` and `aperture` blur what is nearer and farther."""

    at: Point
    to: Point
    view: float = 0.8
    focus: float = 0.0
    aperture: float = 0.0

    def rays(self, size: int) -> Vectors:
        """Directions of size × size rays, row by row, (3, size²)."""
        ahead = unit(column(self.to) - column(self.at))
        right = unit(np.stack([ahead[2], np.zeros(1), -ahead[0]]))
        up = np.cross(ahead[:, 0], right[:, 0])[:, None]
        axis = ((np.arange(size) + 0.5) / size - 0.5) * self.view
        across, down = np.meshgrid(axis, axis)
        spread = right * across.ravel() - up * down.ravel()
        return unit(ahead + spread).astype(np.float32)


@dataclass(frozen=True)
class Stage:
    """Everything in front of the camera.

    Args:
        floor: the material of the plane y = 0, if the scene has one.
        sun: the direction towards it; `sunlight` its colour, `hardness` that of shadows (2 … 40).
        above, beneath: light from the sky and from the ground.
        sky: what is seen in a direction where nothing stands.
        haze: its density, its colour and its colour towards the sun.
    """

    solids: Sequence[Solid]
    camera: Camera
    sky: Callable[[Vectors], Vectors]
    floor: Material | None = None
    sun: Point = (0.3, 0.8, -0.5)
    sunlight: RGB = (2.5, 2.3, 2.0)
    hardness: float = 12.0
    above: RGB = (0.35, 0.45, 0.6)
    beneath: RGB = (0.2, 0.17, 0.14)
    lamps: Sequence[Lamp] = ()
    haze: float = 0.0
    haze_colour: RGB = (0.6, 0.7, 0.8)
    haze_sun: RGB = (0.9, 0.7, 0.5)
    #: The haze thins out with the height by this factor for each unit.
    haze_fall: float = 0.0
    far: float = 60.0
    exposure: float = 1.0
    #: Added to the finished picture: snow flakes, sparks. size × size × 3, linear.
    overlay: Callable[[int], Vectors] | None = None


def turn_about(centre: Point, distance: float, angle: float, height: float) -> Point:
    """A place for the camera: so far from the centre, at an angle (0 in front) and a height."""
    x, _, z = centre
    return x + distance * math.sin(angle), height, z - distance * math.cos(angle)
