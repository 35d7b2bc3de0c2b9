"""What is seen where nothing stands: sky, sun, clouds, stars and planets; a room's window."""

import math
from dataclasses import dataclass

import numpy as np

from .fields import RGB, Floats, Noise, Paint, Point, Vectors, column, dot, mix, scattered, smooth


@dataclass(frozen=True)
class Clouds:
    """`cover` 0…1 of the sky, lit from the sun's side."""

    noise: Noise
    cover: float = 0.5
    scale: float = 0.12
    lit: RGB = (1.4, 1.2, 1.0)
    shade: RGB = (0.45, 0.45, 0.55)
    shift: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Sky:
    """Called with directions (3, n); gives linear colours (3, n)."""

    zenith: RGB
    horizon: RGB
    sun: Point
    glow: RGB = (1.0, 0.7, 0.4)
    #: Radius of the disc in radians; 0 hides it.
    disc: float = 0.03
    disc_colour: RGB = (12.0, 9.0, 6.0)
    #: How wide the glow around the sun is: 4 wide, 60 narrow.
    spread: float = 8.0
    rise: float = 0.5
    clouds: Clouds | None = None
    stars: float = 0.0

    def __call__(self, ray: Vectors) -> Vectors:
        up = np.clip(ray[1], 0, 1)
        colour = mix(column(self.horizon), column(self.zenith), up**self.rise)
        towards = np.clip(dot(ray, column(self.sun)), 0, 1)
        colour = colour + column(self.glow) * (
            towards**self.spread + 0.6 * towards ** (8 * self.spread)
        )
        if self.stars:
            colour = colour + self.stars * _stars(ray)
        if self.disc:
            edge = math.cos(self.disc)
            colour = colour + column(self.disc_colour) * smooth(
                edge - 0.15 * (1 - edge), edge, towards
            )
        if self.clouds is not None:
            colour = _cloudy(colour, ray, towards, self.sun, self.clouds)
        return colour.astype(np.float32)


def _cloudy(colour: Vectors, ray: Vectors, towards: Floats, sun: Point, clouds: Clouds) -> Vectors:
    height = np.maximum(ray[1], 0.0) + 0.07
    u = ray[0] / height * clouds.scale + clouds.shift[0]
    v = ray[2] / height * clouds.scale + clouds.shift[1]
    low = 0.55 - 1.1 * clouds.cover
    density = smooth(low, low + 0.75, clouds.noise(u, v))
    step = 0.016
    away = [
        clouds.noise(u + sun[0] * step * reach, v + sun[2] * step * reach) for reach in (1.0, 2.2)
    ]
    covered = sum(smooth(low, low + 0.9, value) for value in away)
    light = np.exp(-1.3 * covered) * (0.55 + 1.4 * towards**6)
    shaded = mix(column(clouds.shade), column(clouds.lit), np.clip(light, 0, 1.6))
    return mix(colour, shaded, density * smooth(0.0, 0.12, ray[1]) * 0.96)


def _stars(ray: Vectors) -> Vectors:
    """One in some of the cells of a grid on the sky, of different sizes and tints."""
    u, v = np.arctan2(ray[0], ray[2]) * 42, np.arcsin(np.clip(ray[1], -1, 1)) * 42
    i, k = np.floor(u), np.floor(v)
    x, y = u - i - 0.2 - 0.6 * scattered(i, k), v - k - 0.2 - 0.6 * scattered(i, k, 1)
    size = scattered(i, k, 2) ** 6
    bright = np.exp(-(x * x + y * y) / (0.0012 + 0.008 * size)) * (0.25 + 2.5 * size)
    bright = bright * (scattered(i, k, 3) < 0.75)
    warm = scattered(i, k, 4)
    return np.stack([bright * (0.75 + 0.5 * warm), bright * 0.9, bright * (1.25 - 0.5 * warm)])


@dataclass(frozen=True)
class Studio:
    """A room's light as reflections show it: walls, and a bright window on one side."""

    wall: RGB = (0.12, 0.10, 0.09)
    window: RGB = (4.0, 4.2, 4.6)
    at: Point = (-0.75, 0.5, -0.43)
    half: float = 0.32

    def __call__(self, ray: Vectors) -> Vectors:
        ahead = dot(ray, column(self.at))
        right = (self.at[2], 0.0, -self.at[0])
        x = dot(ray, column(right)) / np.maximum(ahead, 0.05)
        y = (ray[1] - self.at[1] * ahead) / np.maximum(ahead, 0.05)
        pane = smooth(self.half, self.half * 0.85, np.abs(x)) * smooth(
            self.half, self.half * 0.85, np.abs(y)
        )
        cross = smooth(0.012, 0.03, np.abs(x)) * smooth(0.012, 0.03, np.abs(y))
        seen = pane * cross * (ahead > 0)
        dim = column(self.wall) * (0.6 + 0.8 * np.clip(ray[1] + 0.3, 0, 1))
        found: Vectors = (dim + column(self.window) * seen).astype(np.float32)
        return found


@dataclass(frozen=True)
class Planet:
    """A sky with a striped planet, with or without rings, behind stars."""

    behind: Paint
    at: Point
    radius: float
    noise: Noise
    bands: tuple[RGB, RGB, RGB]
    rings: bool = True
    lit_from: Point = (-0.65, 0.35, -0.6)
    tilt: float = 0.35

    def __call__(self, ray: Vectors) -> Vectors:
        colour = self.behind(ray)
        centre = column(self.at)
        along = dot(ray, centre)
        # On the plane through the planet's centre that faces the viewer; 1 is the planet's radius.
        right = column(_unit3((self.at[2], 0.0, -self.at[0])))
        up = np.cross(centre[:, 0], right[:, 0])[:, None]
        reach = math.tan(self.radius)
        x = dot(ray, right) / np.maximum(along, 0.05) / reach
        y = dot(ray, up) / np.maximum(along, 0.05) / reach
        x, y = (
            x * math.cos(self.tilt) + y * math.sin(self.tilt),
            y * math.cos(self.tilt) - x * math.sin(self.tilt),
        )
        disc = smooth(1.0, 0.985, np.hypot(x, y)) * (along > 0)
        colour = mix(colour, self._ball(x, y), disc)
        halo = np.exp(-10 * np.abs(np.hypot(x, y) - 1.0)) * (1 - disc) * (along > 0)
        colour = colour + column(self.bands[0]) * halo * 0.25
        return self._ringed(colour, x, y, along) if self.rings else colour

    def _ball(self, x: Floats, y: Floats) -> Vectors:
        depth = np.sqrt(np.maximum(1 - x * x - y * y, 0))
        swirl = self.noise(x * 0.11 + 0.3, y * 0.35)
        at = y * 3.2 + 0.5 * swirl
        stripes = 0.5 + 0.5 * np.sin(at * 5.0 + 2 * np.sin(at * 2.3))
        fine = 0.5 + 0.5 * np.sin(at * 23 + 3 * swirl)
        paint = mix(column(self.bands[0]), column(self.bands[1]), stripes)
        paint = mix(paint, column(self.bands[2]), fine * 0.35)
        lx, ly, lz = self.lit_from
        light = np.clip(x * lx + y * ly - depth * lz, 0, 1)
        return paint * (0.015 + 1.5 * light) * (0.55 + 0.45 * depth)

    def _ringed(self, colour: Vectors, x: Floats, y: Floats, along: Floats) -> Vectors:
        out = np.hypot(x, y / 0.24)
        grain = 0.5 + 0.5 * np.sin(out * 46) * np.sin(out * 17.3 + 1)
        dense = smooth(1.25, 1.32, out) * smooth(2.35, 2.25, out) * (0.35 + 0.6 * grain)
        dense = dense * (1 - 0.85 * smooth(0.05, 0.0, np.abs(out - 1.93)))
        hidden = (y > 0) & (np.hypot(x, y) < 1)
        shade = 1 - 0.8 * smooth(0.1, 0.25, x) * smooth(1.05, 0.95, np.abs(y * 2)) * (y > 0)
        paint = mix(column(self.bands[0]), column((0.85, 0.78, 0.65)), 0.6) * shade
        return mix(colour, paint, dense * ~hidden * (along > 0) * 0.9)


def _unit3(values: Point) -> Point:
    x, y, z = np.array(values) / np.linalg.norm(values)
    return float(x), float(y), float(z)
