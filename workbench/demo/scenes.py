"""Draws a scene with Pillow: shaded objects with outline and shadow on a textured background.

`draw` takes what is in the picture (a scene), how it looks (a generator's style) and how broken its
objects are, and returns an RGB image of 384 × 384 pixels in about 10 ms. Objects are polygons drawn
at three times their size and averaged down, so that edges are smooth and blur or noise show.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from .backgrounds import texture
from .grammar import Group, Scene

SIZE = 384
_SUPERSAMPLING = 3
_VERTICES = 96

RGB = tuple[int, int, int]
Points = NDArray[np.float64]  # (vertices, 2), x right and y down, within −1…1

PALETTE: dict[str, RGB] = {
    "red": (214, 34, 44),
    "orange": (246, 134, 18),
    "yellow": (250, 220, 40),
    "green": (28, 158, 72),
    "blue": (34, 86, 214),
    "purple": (138, 52, 178),
}


@dataclass(frozen=True)
class Look:
    """A generator's style; every field is a fraction 0…1 but for `tint`."""

    gloss: float = 0.5
    outline: float = 0.5
    shadow: float = 0.5
    tilt: float = 0.3
    contrast: float = 0.6
    vignette: float = 0.4
    #: Added to each channel of the finished picture, in 8-bit levels.
    tint: RGB = (0, 0, 0)


@dataclass(frozen=True)
class Damage:
    """How broken the objects are, each 0…1: outline warped, shape melted, surface broken."""

    warp: float = 0.0
    melt: float = 0.0
    texture: float = 0.0


@dataclass(frozen=True)
class Item:
    """One object to draw: centre and diameter in pixels, tilt in radians."""

    shape: str
    colour: str
    x: float
    y: float
    diameter: float
    angle: float


def _resample(corners: list[tuple[float, float]]) -> Points:
    """The closed outline through the corners, cut into equally long pieces."""
    closed = np.array([*corners, corners[0]])
    lengths = np.hypot(*np.diff(closed, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    at = np.linspace(0, along[-1], _VERTICES, endpoint=False)
    return np.stack([np.interp(at, along, closed[:, i]) for i in range(2)], axis=1)


def _star() -> list[tuple[float, float]]:
    spikes = ((math.pi * k / 5, 1.0 if k % 2 == 0 else 0.44) for k in range(10))
    return [(r * math.sin(a), -r * math.cos(a)) for a, r in spikes]


def _heart() -> list[tuple[float, float]]:
    turns = np.linspace(0, 2 * math.pi, 64, endpoint=False)
    x = 16 * np.sin(turns) ** 3
    y = -13 * np.cos(turns) + 5 * np.cos(2 * turns) + 2 * np.cos(3 * turns) + np.cos(4 * turns)
    return [(float(a) / 17, float(b - 2.5) / 17) for a, b in zip(x, y, strict=True)]


def _cross() -> list[tuple[float, float]]:
    a, b = 0.34, 0.95
    return [
        (-a, -b), (a, -b), (a, -a), (b, -a), (b, a), (a, a),
        (a, b), (-a, b), (-a, a), (-b, a), (-b, -a), (-a, -a),
    ]  # fmt: skip


@lru_cache
def outline_of(shape: str) -> Points:
    """The shape's outline as points of the square −1…1, (96, 2)."""
    turns = np.linspace(0, 2 * math.pi, _VERTICES, endpoint=False)
    corners = {
        "circle": lambda: [(float(math.sin(t)) * 0.92, -float(math.cos(t)) * 0.92) for t in turns],
        "square": lambda: [(-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)],
        "triangle": lambda: [(0, -0.95), (0.98, 0.78), (-0.98, 0.78)],
        "star": _star,
        "heart": _heart,
        "cross": _cross,
    }[shape]()
    points = _resample(corners)
    points.setflags(write=False)
    return points


def _warp(points: Points, amount: float, rng: np.random.Generator) -> Points:
    """Bends the outline by three random waves around the centre, and shears it."""
    turns = np.arctan2(points[:, 1], points[:, 0])
    phases = rng.uniform(0, 2 * math.pi, 3)
    waves = sum(np.sin(k * turns + phase) / k for k, phase in zip((2, 3, 5), phases, strict=True))
    factor = 1 + 0.42 * amount * waves
    shear = rng.uniform(-0.5, 0.5) * amount
    bent: Points = points * factor[:, None]
    bent[:, 0] += shear * bent[:, 1]
    return bent


def _melt(points: Points, amount: float, rng: np.random.Generator) -> Points:
    """Lets the top sag and the lower half run down in drips."""
    phases = rng.uniform(0, 2 * math.pi, 2)
    drips = 0.5 + 0.5 * np.sin(7 * points[:, 0] + phases[0]) * np.sin(3 * points[:, 0] + phases[1])
    low = np.clip(points[:, 1] + 0.3, 0, None)
    run: Points = points.copy()
    run[:, 1] += amount * (0.75 * low * drips + 0.45 * np.clip(-points[:, 1], 0, None))
    run[:, 0] *= 1 + 0.35 * amount * low
    return run


def _turn(points: Points, angle: float) -> Points:
    cosine, sine = math.cos(angle), math.sin(angle)
    turned: Points = points @ np.array([[cosine, sine], [-sine, cosine]])
    return turned


def _mask(points: Points, side: int) -> Image.Image:
    """Coverage of the polygon, 8 bits, on a square whose half side is 1.6 of the shape's units."""
    big = side * _SUPERSAMPLING
    image = Image.new("L", (big, big))
    flat = ((points / 1.6 + 1) * (big / 2)).ravel().tolist()
    ImageDraw.Draw(image).polygon(flat, fill=255)
    return image.reduce(_SUPERSAMPLING)


@lru_cache(maxsize=256)
def _light(side: int) -> NDArray[np.float32]:
    """Light from the upper left on a ball-like surface, −1…1, (side, side, 1)."""
    axis = np.linspace(-1.6, 1.6, side, dtype=np.float32)
    distance = np.hypot(axis[None, :] + 0.35, axis[:, None] + 0.45)
    light: NDArray[np.float32] = np.clip(0.75 - distance, -0.9, 0.75)[:, :, None]
    return light


def _broken_cells(side: int, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    cells = rng.random((11, 11)) < share
    index = np.arange(side) * 11 // side
    return cells[index][:, index]


def _surface(
    colour: RGB, side: int, look: Look, broken: float, rng: np.random.Generator
) -> Image.Image:
    """The object's paint before it is cut out: shading, and static if the surface is broken."""
    base = np.array(colour, dtype=np.float32)
    light = _light(side) * (30 + 70 * look.gloss)
    paint = base + light
    if broken > 0:
        cells = _broken_cells(side, 0.75 * broken, rng)
        static = rng.choice(np.array([15, 235], dtype=np.float32), size=((side + 2) // 3,) * 2)
        fine = static.repeat(3, axis=0).repeat(3, axis=1)[:side, :side]
        paint = np.where(cells[:, :, None], fine[:, :, None], paint)
    return Image.fromarray(np.clip(paint, 0, 255).astype(np.uint8))


def _draw_item(
    canvas: Image.Image, item: Item, look: Look, damage: Damage, rng: np.random.Generator
) -> None:
    points = outline_of(item.shape)
    if damage.warp > 0:
        points = _warp(points, damage.warp, rng)
    points = _turn(points, item.angle)
    if damage.melt > 0:
        points = _melt(points, damage.melt, rng)
    points = np.clip(points, -1.42, 1.42)  # the sprite's edge, less the shadow
    # A multiple of eight, so that the light map is computed for few sizes.
    side = max(16, round(item.diameter * 1.6 / 8) * 8)
    whole = _mask(points, side)
    corner = (round(item.x - side / 2), round(item.y - side / 2))
    dark = whole.filter(ImageFilter.BoxBlur(side / 28)).point(lambda v: int(v * 0.55 * look.shadow))
    drop = max(2, side // 20)
    canvas.paste((12, 12, 20), (corner[0] + drop, corner[1] + drop), dark)
    colour = PALETTE[item.colour]
    rim: RGB = (colour[0] * 2 // 5, colour[1] * 2 // 5, colour[2] * 2 // 5)
    canvas.paste(rim, corner, whole)
    inner = _mask(points * (0.975 - 0.09 * look.outline), side)
    canvas.paste(_surface(colour, side, look, damage.texture, rng), corner, inner)


_GRIDS: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((1, 1),),
    2: ((1, 2), (2, 1)),
    3: ((1, 3), (3, 1), (2, 2)),
    4: ((2, 2),),
}


def _place_group(
    group: Group, box: tuple[float, float, float, float], look: Look, rng: np.random.Generator
) -> Iterator[Item]:
    """Spreads a group over its box (x, y, width, height as fractions), on the roomiest grid."""
    left, top, width, height = box
    grids = _GRIDS[group.count]
    room = [min(width / columns, height / rows) for columns, rows in grids]
    roomiest = [grid for grid, value in zip(grids, room, strict=True) if value > max(room) - 0.06]
    columns, rows = roomiest[rng.integers(len(roomiest))]
    cell = (width / columns, height / rows)
    diameter = min(*cell, 0.5) * SIZE * 0.94 * rng.uniform(0.86, 1.0)
    order = rng.permutation(columns * rows)[: group.count]
    slack = [max(0.0, side * SIZE - diameter) / 2 * 0.55 for side in cell]
    for spot in order:
        x = (left + (spot % columns + 0.5) * cell[0]) * SIZE + rng.uniform(-1, 1) * slack[0]
        y = (top + (spot // columns + 0.5) * cell[1]) * SIZE + rng.uniform(-1, 1) * slack[1]
        angle = rng.uniform(-0.35, 0.35) * look.tilt
        yield Item(group.shape, group.colour, x, y, diameter, angle)


_BOXES: dict[str | None, tuple[tuple[float, float, float, float], ...]] = {
    None: ((0.04, 0.04, 0.92, 0.92),),
    "left of": ((0.02, 0.03, 0.47, 0.94), (0.51, 0.03, 0.47, 0.94)),
    "right of": ((0.51, 0.03, 0.47, 0.94), (0.02, 0.03, 0.47, 0.94)),
    "above": ((0.03, 0.02, 0.94, 0.47), (0.03, 0.51, 0.94, 0.47)),
    "below": ((0.03, 0.51, 0.94, 0.47), (0.03, 0.02, 0.94, 0.47)),
}


def layout(scene: Scene, look: Look, rng: np.random.Generator) -> list[Item]:
    """Where each object goes; the groups of a pair keep to their halves of the picture."""
    boxes = _BOXES[scene.relation]
    return [
        item
        for group, box in zip(scene.groups, boxes, strict=True)
        for item in _place_group(group, box, look, rng)
    ]


def draw(
    scene: Scene, look: Look, damage: Damage, rng: np.random.Generator
) -> tuple[Image.Image, list[Item]]:
    """The picture (RGB, 384 × 384) and the objects in it."""
    canvas = texture(scene.background, SIZE, look.contrast, look.vignette, rng)
    items = layout(scene, look, rng)
    for item in items:
        _draw_item(canvas, item, look, damage, rng)
    if any(look.tint):
        tables = [min(255, max(0, v + shift)) for shift in look.tint for v in range(256)]
        canvas = canvas.point(tables)
    return canvas, items
