"""Arithmetic on many points at once, and noise that can be looked up anywhere."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]  # (n,)
Vectors = NDArray[np.floating[Any]]  # (3, n): points, directions or linear colours
RGB = tuple[float, float, float]
Point = tuple[float, float, float]
#: A colour for each of the points.
Paint = Callable[[Vectors], Vectors]

_TABLE = 1024


def column(values: tuple[float, float, float]) -> Vectors:
    """Three numbers as (3, 1), to be combined with many."""
    return np.array(values, dtype=np.float32)[:, None]


def dot(one: Vectors, other: Vectors) -> Floats:
    product: Floats = one[0] * other[0] + one[1] * other[1] + one[2] * other[2]
    return product


def unit(vectors: Vectors) -> Vectors:
    return vectors / np.sqrt(np.maximum(dot(vectors, vectors), np.float32(1e-12)))


def direction(values: Point) -> Point:
    """The three numbers, scaled to length 1."""
    x, y, z = np.array(values) / np.linalg.norm(values)
    return float(x), float(y), float(z)


def mix(one: Floats, other: Floats, share: Floats | float) -> Floats:
    return one + (other - one) * share


def smooth(low: float, high: float, values: Floats) -> Floats:
    """0 up to `low`, 1 from `high`, an S in between; the other way round if `low` is higher."""
    at = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    found: Floats = at * at * (3 - 2 * at)
    return found


def _octave(rng: np.random.Generator, cells: int) -> Floats:
    """(1024, 1024), tileable: `cells` × `cells` random heights with smooth slopes between."""
    heights = rng.uniform(-1, 1, (cells, cells)).astype(np.float32)
    at = np.arange(_TABLE, dtype=np.float32) * (cells / _TABLE)
    low = at.astype(np.int64)
    part = at - low
    part = part * part * part * (part * (part * 6 - 15) + 10)
    high = (low + 1) % cells
    rows = mix(heights[low], heights[high], part[:, None])
    return mix(rows[:, low], rows[:, high], part[None, :])


@lru_cache(maxsize=64)
def _table(seed: int, cells: int, octaves: int, gain: float, ridged: bool) -> Floats:
    rng = np.random.default_rng([33, seed])
    total = np.zeros((_TABLE, _TABLE), dtype=np.float32)
    size, weight, above = 1.0, 1.0, np.ones_like(total)
    for octave in range(octaves):
        layer = _octave(rng, min(_TABLE // 2, cells * 2**octave))
        if ridged:
            layer = (1 - np.abs(layer)) ** 2 * above
            above = np.clip(layer * 1.6, 0, 1)
        total += (layer * size).astype(np.float32)
        size, weight = size * gain, weight + size * gain
    return (total / weight * (1 if ridged else 1.7)).astype(np.float32)


class Noise:
    """Fractal noise of two coordinates, of period 1 in each.

    About −1…1; with `ridged` 0…1 with sharp crests. `cells` is the number of hills of the coarsest
    octave in a period; each further octave is twice as fine and `gain` as high.
    """

    def __init__(
        self, seed: int, cells: int = 4, octaves: int = 7, gain: float = 0.5, ridged: bool = False
    ) -> None:
        self._values = _table(seed, cells, octaves, gain, ridged)

    def __call__(self, u: Floats, v: Floats) -> Floats:
        columns, rows = np.mod(u, 1) * _TABLE, np.mod(v, 1) * _TABLE
        left, top = columns.astype(np.int32), rows.astype(np.int32)
        right_share, low_share = (
            (columns - left).astype(np.float32),
            (rows - top).astype(np.float32),
        )
        left, top = left % _TABLE, top % _TABLE
        right, low = (left + 1) % _TABLE, (top + 1) % _TABLE
        flat = self._values.ravel()
        upper = mix(flat[top * _TABLE + left], flat[top * _TABLE + right], right_share)
        lower = mix(flat[low * _TABLE + left], flat[low * _TABLE + right], right_share)
        return mix(upper, lower, low_share)

    def around(self, points: Vectors, scale: float) -> Floats:
        """Noise on a surface in space: the mean over the three planes."""
        x, y, z = points * np.float32(scale)
        return (self(x, y + 0.31) + self(y, z + 0.57) + self(z, x + 0.83)) * np.float32(0.6)


def scattered(cell_x: Floats, cell_y: Floats, salt: float = 0.0) -> Floats:
    """A number 0…1 for each pair of whole numbers, as if at random; the same on every machine."""
    x, y = (np.asarray(cell).astype(np.int64).astype(np.uint32) for cell in (cell_x, cell_y))
    mixed = x * np.uint32(374761393) + y * np.uint32(668265263)
    mixed = mixed + np.uint32(int(salt * 1000) * 362437 % 2**32)
    for shift, factor in ((15, 2246822519), (13, 3266489917)):
        mixed = (mixed ^ (mixed >> np.uint32(shift))) * np.uint32(factor)
    found: Floats = ((mixed ^ (mixed >> np.uint32(16))) / np.float32(2**32)).astype(np.float32)
    return found
