"""What is done to a picture (3, size, size), values 0…1, as such: brush strokes, ink, and the three
flaws of authenticity, which bend, melt and garble it where things stand."""

import numpy as np

from .fields import Floats, Noise, Vectors, column, mix, smooth
from .lens import convolved, disc

_BENDS = Noise(11, 6, 3, 0.5)
_FINE = Noise(12, 28, 3, 0.6)
_CANVAS = Noise(13, 128, 2, 0.5)


def luma(values: Vectors) -> Floats:
    found: Floats = 0.2126 * values[0] + 0.7152 * values[1] + 0.0722 * values[2]
    return found


def painted(values: Vectors, radius: float) -> Vectors:
    """Brush strokes: each pixel takes the calmest of eight sectors around it (the generalised
    Kuwahara filter of Papari, Petkov and Campisi, 2007)."""
    tones = luma(values)
    stack = np.concatenate([values, tones[None], tones[None] ** 2])
    total, weights = np.zeros_like(values), np.zeros_like(tones)
    for sector in range(8):
        means = convolved(stack, _sector(radius, sector))
        unrest = np.maximum(means[4] - means[3] ** 2, 0) + 2e-5
        weight = (1e-3 / unrest) ** 3
        total += means[:3] * weight
        weights += weight
    return total / weights


def _sector(radius: float, number: int) -> Floats:
    whole = disc(radius)
    reach = whole.shape[0] // 2
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    off = np.angle(np.exp(1j * (np.arctan2(y, x) - number * np.pi / 4)))
    part = whole * np.clip(1 - np.abs(off) / (np.pi / 3.2), 0, 1)
    part[reach, reach] = whole.max() / 2
    return np.asarray(part / part.sum(), dtype=np.float32)


def canvas(values: Vectors, strength: float) -> Vectors:
    """Paint in relief on cloth, lit from the upper left."""
    size = values.shape[1]
    v, u = np.mgrid[0:size, 0:size].astype(np.float32) / size
    tones = luma(values)
    relief = tones - np.roll(tones, (2, 2), axis=(0, 1))
    return np.clip(values + strength * (0.5 * relief + 0.06 * _CANVAS(u, v)), 0, 1)


def inked(values: Vectors) -> Vectors:
    """Black ink and a little red on warm paper."""
    tones = luma(values)
    red = smooth(0.08, 0.3, values[0] - np.maximum(values[1], values[2]))
    blue = smooth(0.06, 0.25, values[2] - values[0])
    kept = np.maximum(red, blue)
    grey = mix(
        column((0.07, 0.07, 0.08)), column((0.95, 0.91, 0.82)), smooth(0.08, 0.86, tones).ravel()
    )
    return mix(grey.reshape(values.shape), values, kept)


def _moved(values: Vectors, right: Floats, down: Floats) -> Vectors:
    """The picture looked up elsewhere: at x + right, y + down, in pixels."""
    size = values.shape[1]
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    x, y = np.clip(x + right, 0, size - 1.001), np.clip(y + down, 0, size - 1.001)
    left, top = x.astype(np.int64), y.astype(np.int64)
    across, along = (x - left).astype(np.float32), (y - top).astype(np.float32)
    upper = mix(values[:, top, left], values[:, top, left + 1], across)
    lower = mix(values[:, top + 1, left], values[:, top + 1, left + 1], across)
    return mix(upper, lower, along)


def _grid(size: int) -> tuple[Floats, Floats]:
    v, u = np.mgrid[0:size, 0:size].astype(np.float32) / size
    return u, v


def warped(values: Vectors, where: Floats, severity: float, shift: float) -> Vectors:
    """Outlines bend as if the picture were seen through uneven glass."""
    size = values.shape[1]
    u, v = _grid(size)
    reach = size * (0.01 + 0.05 * severity) * np.maximum(where, 0.3)
    return _moved(
        values, reach * _BENDS(u + shift, v * 1.3), reach * 0.8 * _BENDS(u * 1.2 + 0.4, v + shift)
    )


def melted(values: Vectors, where: Floats, severity: float, shift: float) -> Vectors:
    """Things run down in strands of different lengths."""
    size = values.shape[1]
    u, v = _grid(size)
    strands = np.clip(0.35 + 0.9 * _BENDS(u * 2.3 + shift, 0 * v + shift), 0, 1) ** 1.5
    reach = size * (0.02 + 0.13 * severity) * np.maximum(where, 0.12) * strands
    return _moved(values, reach * 0.1 * _BENDS(u, v + shift), -reach)


def garbled(values: Vectors, where: Floats, severity: float, shift: float) -> Vectors:
    """Surfaces break into small curls and lines that mean nothing."""
    size = values.shape[1]
    u, v = _grid(size)
    reach = size * (0.004 + 0.022 * severity) * where
    curls = _FINE(u + shift, v)
    moved = _moved(values, reach * curls * 1.6, reach * 1.6 * _FINE(u + 0.5, v + shift))
    lines = np.sin(24 * curls + 7 * _BENDS(u, v + shift))
    share = (0.07 + 0.3 * severity) * where
    return np.clip(moved * (1 + share * lines), 0, 1)


def spread_of(things: Floats) -> Floats:
    """Where things stand, with soft borders; everywhere if the picture is all ground and sky."""
    if things.mean() < 0.01:
        return np.ones_like(things)
    found: Floats = np.clip(1.4 * convolved(things, disc(things.shape[0] * 0.025)), 0, 1)
    return found
