"""Solids by their signed distance: a function from points (3, n) to distances (n,).

Negative inside. The formulas are those that Inigo Quilez collected ("distance functions",
iquilezles.org); a distance that is only a bound says so.
"""

import math
from collections.abc import Callable

import numpy as np

from .fields import Floats, Noise, Point, Vectors, column, dot, mix, scattered

Distance = Callable[[Vectors], Floats]


def _length(*parts: Floats) -> Floats:
    total = parts[0] * parts[0]
    for part in parts[1:]:
        total = total + part * part
    return np.sqrt(total)


def sphere(centre: Point, radius: float) -> Distance:
    at = column(centre)
    return lambda p: _length(*(p - at)) - np.float32(radius)


def ellipsoid(centre: Point, radii: Point) -> Distance:
    """A bound that is close for mild ellipsoids."""
    at, size = column(centre), column(radii)

    def distance(p: Vectors) -> Floats:
        q = (p - at) / size
        near = _length(*q)
        steep = _length(*(q / size))
        return near * (near - 1) / np.maximum(steep, np.float32(1e-6))

    return distance


def box(centre: Point, half: Point, rounding: float = 0.0, turn: float = 0.0) -> Distance:
    """Rounded within its half sides, turned about the vertical by `turn` radians."""
    at, size = column(centre), column(half) - np.float32(rounding)

    def distance(p: Vectors) -> Floats:
        q = np.abs(turned(p - at, turn)) - size
        inside = np.minimum(np.maximum(np.maximum(q[0], q[1]), q[2]), 0)
        found: Floats = _length(*np.maximum(q, 0)) + inside - np.float32(rounding)
        return found

    return distance


def cylinder(
    centre: Point, radius: float, half: float, rounding: float = 0.0, narrow: float = 0.0
) -> Distance:
    """Upright; its radius shrinks by `narrow` for each unit upwards, a bound then."""
    at = column(centre)
    stretch = np.float32(1 / math.sqrt(1 + narrow * narrow))

    def distance(p: Vectors) -> Floats:
        x, y, z = p - at
        side = (_length(x, z) - np.float32(radius - rounding) + narrow * y) * stretch
        end = np.abs(y) - np.float32(half - rounding)
        inside = np.minimum(np.maximum(side, end), 0)
        found: Floats = (
            inside + _length(np.maximum(side, 0), np.maximum(end, 0)) - np.float32(rounding)
        )
        return found

    return distance


def capsule(start: Point, end: Point, radius: float, end_radius: float | None = None) -> Distance:
    """A rod with round ends, thicker or thinner towards `end`."""
    foot, along = column(start), column(end) - column(start)
    length = float(dot(along, along)[0])
    change = 0.0 if end_radius is None else end_radius - radius

    def distance(p: Vectors) -> Floats:
        share = np.clip(dot(p - foot, along) / length, 0, 1)
        found: Floats = _length(*(p - foot - along * share)) - (radius + change * share)
        return found

    return distance


def torus(centre: Point, radius: float, thickness: float, flat: float = 1.0) -> Distance:
    """Lying; `flat` > 1 makes it higher than wide."""
    at = column(centre)

    def distance(p: Vectors) -> Floats:
        x, y, z = p - at
        return (
            _length(_length(x, z) - np.float32(radius), y / flat) - np.float32(thickness)
        ) * min(1.0, flat)

    return distance


def below(height: float) -> Distance:
    """Everything lower than `height`."""
    return lambda p: p[1] - np.float32(height)


def terrain(height: Callable[[Floats, Floats], Floats], steepness: float = 0.5) -> Distance:
    """The ground under height(x, z); `steepness` scales the vertical distance to a safe bound."""
    return lambda p: (p[1] - height(p[0], p[2])) * np.float32(steepness)


def union(*parts: Distance) -> Distance:
    def distance(p: Vectors) -> Floats:
        nearest = parts[0](p)
        for part in parts[1:]:
            nearest = np.minimum(nearest, part(p))
        return nearest

    return distance


def melded(blend: float, *parts: Distance) -> Distance:
    """A union whose seams are filled within `blend`."""

    def distance(p: Vectors) -> Floats:
        near = parts[0](p)
        for part in parts[1:]:
            other = part(p)
            share = np.clip(0.5 + 0.5 * (other - near) / blend, 0, 1)
            near = mix(other, near, share) - blend * share * (1 - share)
        return near

    return distance


def without(solid: Distance, hole: Distance) -> Distance:
    return lambda p: np.maximum(solid(p), -hole(p))


def within(solid: Distance, limit: Distance) -> Distance:
    return lambda p: np.maximum(solid(p), limit(p))


def hollow(solid: Distance, thickness: float) -> Distance:
    return lambda p: np.abs(solid(p)) - np.float32(thickness)


def rough(solid: Distance, noise: Noise, scale: float, height: float) -> Distance:
    """The surface pushed in and out by noise, which is looked up close to the surface; a bound."""

    def distance(p: Vectors) -> Floats:
        gap = solid(p)
        close = np.flatnonzero(gap < 3 * height)
        raised = gap - np.float32(height)
        raised[close] = gap[close] + noise.around(p[:, close], scale) * np.float32(height)
        return raised * np.float32(0.8)

    return distance


def near(centre: Point, radius: float, solid: Distance) -> Distance:
    """The same solid, which lies within a ball: from farther off the ball's distance will do."""
    at = column(centre)

    def distance(p: Vectors) -> Floats:
        gap = _length(*(p - at)) - np.float32(radius)
        close = np.flatnonzero(gap < 0.3 * radius)
        gap[close] = solid(p[:, close])
        return gap

    return distance


def turned(p: Vectors, angle: float) -> Vectors:
    """Points about the vertical axis."""
    if not angle:
        return p
    c, s = np.float32(math.cos(angle)), np.float32(math.sin(angle))
    return np.stack([c * p[0] - s * p[2], p[1], s * p[0] + c * p[2]])


def tilted(p: Vectors, angle: float) -> Vectors:
    """Points about the axis of depth."""
    c, s = np.float32(math.cos(angle)), np.float32(math.sin(angle))
    return np.stack([c * p[0] - s * p[1], s * p[0] + c * p[1], p[2]])


def placed(
    solid: Distance, at: Point, turn: float = 0.0, tilt: float = 0.0, size: float = 1.0
) -> Distance:
    """A solid that was made around the origin."""
    where = column(at)
    return lambda p: (
        solid(tilted(turned((p - where) / np.float32(size), turn), tilt)) * np.float32(size)
    )


def cones(cell: float, height: float, share: float) -> Callable[[Floats, Floats], Floats]:
    """The height of a wood of pointed trees at (x, z): one in `share` of the square cells."""

    def wood(x: Floats, z: Floats) -> Floats:
        highest = np.zeros_like(x)
        column_at, row_at = np.floor(x / cell), np.floor(z / cell)
        for right in (-1, 0, 1):
            for back in (-1, 0, 1):
                i, k = column_at + right, row_at + back
                cx = (i + 0.2 + 0.6 * scattered(i, k)) * cell
                cz = (k + 0.2 + 0.6 * scattered(i, k, 1)) * cell
                tall = height * (0.55 + 0.6 * scattered(i, k, 2)) * (scattered(i, k, 3) < share)
                away = _length(x - cx, z - cz) / (cell * 0.62)
                highest = np.maximum(highest, tall * (1 - away))
        return highest

    return wood
