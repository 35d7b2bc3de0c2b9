"""Backgrounds of the demo world: one large texture each, drawn once, cut at random places."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_FULL = 768
Grey = NDArray[np.float32]  # (768, 768), about −1…1

#: Muted, so that no object of the palette vanishes on its background.
_BASE = {
    "grass": (112, 146, 96),
    "sand": (206, 188, 152),
    "water": (124, 168, 184),
    "night sky": (34, 36, 62),
    "brick": (150, 112, 100),
    "paper": (236, 232, 222),
}


def _smooth(rng: np.random.Generator, cells: tuple[int, int]) -> Grey:
    """Random hills: a small field of normal numbers enlarged to the full size."""
    small = Image.fromarray(rng.normal(size=cells).astype(np.float32))
    large = small.resize((_FULL, _FULL), Image.Resampling.BICUBIC)
    return np.asarray(large, dtype=np.float32)


def _grass(rng: np.random.Generator) -> Grey:
    blades: Grey = 0.5 * _smooth(rng, (96, 300)) + 0.3 * _smooth(rng, (12, 12))
    return blades


def _sand(rng: np.random.Generator) -> Grey:
    ripples = np.sin(np.arange(_FULL)[:, None] / 9 + 3 * _smooth(rng, (6, 6)))
    return (0.35 * ripples + 0.4 * _smooth(rng, (256, 256))).astype(np.float32)


def _water(rng: np.random.Generator) -> Grey:
    waves = np.sin(np.arange(_FULL)[:, None] / 13 + 2.5 * _smooth(rng, (10, 5)))
    return (0.6 * waves + 0.3 * _smooth(rng, (60, 12))).astype(np.float32)


def _night_sky(rng: np.random.Generator) -> Grey:
    sky: Grey = 0.35 * _smooth(rng, (8, 8))
    at = rng.integers(0, _FULL - 2, size=(2, 420))
    for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
        sky[at[0] + down, at[1] + right] = rng.uniform(2.5, 6.5, 420)
    return sky


def _brick(rng: np.random.Generator) -> Grey:
    rows, columns = np.mgrid[0:_FULL, 0:_FULL]
    row = rows // 34
    column = (columns + (row % 2) * 40) // 80
    joint = (rows % 34 < 4) | ((columns + (row % 2) * 40) % 80 < 4)
    shade = rng.normal(size=(64, 64)).astype(np.float32)[row, column]
    wall: Grey = np.where(joint, np.float32(1.7), 0.45 * shade) + 0.2 * _smooth(rng, (256, 256))
    return wall


def _paper(rng: np.random.Generator) -> Grey:
    lined = np.arange(_FULL)[:, None] % 32 < 2
    page: Grey = np.where(lined, np.float32(-1.3), np.float32(0.15)) + 0.25 * _smooth(
        rng, (200, 200)
    )
    return page


_DRAWERS: dict[str, Callable[[np.random.Generator], Grey]] = {
    "grass": _grass,
    "sand": _sand,
    "water": _water,
    "night sky": _night_sky,
    "brick": _brick,
    "paper": _paper,
}


@lru_cache
def _relief(name: str) -> Grey:
    """The texture's relief; the same in every world, as a kind of ground is."""
    return _DRAWERS[name](np.random.default_rng(list(name.encode())))


@lru_cache
def _slope(size: int) -> Grey:
    """Light falling off from the upper left to the lower right, −1…1, (size, size)."""
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    slope: Grey = (axis[None, :] + axis[:, None]) * np.float32(-0.5)
    return slope


def texture(
    name: str, size: int, contrast: float, vignette: float, rng: np.random.Generator
) -> Image.Image:
    """A cut of the background, RGB, `size` × `size`; contrast and vignette are 0…1."""
    top, left = rng.integers(0, _FULL - size + 1, size=2)
    relief = _relief(name)[top : top + size, left : left + size]
    if rng.random() < 0.5:
        relief = relief[:, ::-1]
    grey = relief * (8 + 20 * contrast) + _slope(size) * (10 + 40 * vignette)
    base = np.array(_BASE[name], dtype=np.float32)
    return Image.fromarray(np.clip(base + grey[:, :, None], 0, 255).astype(np.uint8))
