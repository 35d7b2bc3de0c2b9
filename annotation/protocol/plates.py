"""Plates of coloured dots with a digit in them, after Ishihara's, drawn by a rule of our own.

The digit's dots and the others differ along the line of colours that people with a red–green
deficiency confuse, and each dot's lightness is a draw of its own, so that lightness does not show
the digit. A plate in blue and yellow, which nearly everybody can read, tells guesses from answers.
Not a diagnosis: screens differ, and the plates are not calibrated.
"""

import math
import random
from dataclasses import dataclass
from functools import cache

#: The side of a plate's square, in units of its own.
SIDE = 200
_RADII = (6.4, 5.0, 3.9, 3.0, 2.2)
#: Tries for each radius; more would fill no visible gap.
_TRIES = 1_500
_GAP = 0.6
#: Digits as rows of a 5 × 7 raster.
_RASTER = {
    2: ("01110", "10001", "00001", "00110", "01000", "10000", "11111"),
    3: ("11110", "00001", "00001", "01110", "00001", "00001", "11110"),
    5: ("11111", "10000", "11110", "00001", "00001", "10001", "01110"),
    6: ("00110", "01000", "10000", "11110", "10001", "10001", "01110"),
    7: ("11111", "00001", "00010", "00100", "01000", "01000", "01000"),
}
#: The side of one raster cell, and where the digit begins.
_CELL, _LEFT, _TOP = 20.0, 50.0, 30.0

#: What a rater may choose from.
DIGITS = tuple(_RASTER)

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Plate:
    """A digit, and the colours (sRGB) of its dots and of the others."""

    digit: int
    figure: Colour
    ground: Colour
    #: Readable to nearly everybody.
    control: bool = False


#: The pairs of the last two lie on a line of confusion: a deuteranope sees one colour.
PLATES = (
    Plate(7, (214, 178, 56), (96, 118, 190), control=True),
    Plate(5, (198, 122, 84), (146, 146, 84)),
    Plate(3, (140, 150, 96), (190, 128, 96)),
)
#: Lightness of a dot: its colour times one of these, drawn for each dot.
_LIGHTNESS = (0.72, 1.12)


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    radius: float
    colour: Colour


@cache
def dots_of(plate: Plate) -> tuple[Dot, ...]:
    """The plate's dots, the same each time; none touches another."""
    draw = random.Random(f"{plate.digit}:{plate.figure}")  # noqa: S311 -- a picture, not a secret
    dots: list[Dot] = []
    for radius in _RADII:
        for _try in range(_TRIES):
            x, y = draw.uniform(radius, SIDE - radius), draw.uniform(radius, SIDE - radius)
            if math.hypot(x - SIDE / 2, y - SIDE / 2) > SIDE / 2 - radius:
                continue
            if any(math.hypot(x - d.x, y - d.y) < radius + d.radius + _GAP for d in dots):
                continue
            base = plate.figure if _is_figure(plate.digit, x, y) else plate.ground
            light = draw.uniform(*_LIGHTNESS)
            red, green, blue = (min(255, round(part * light)) for part in base)
            dots.append(Dot(round(x, 1), round(y, 1), radius, (red, green, blue)))
    return tuple(dots)


def _is_figure(digit: int, x: float, y: float) -> bool:
    column, row = int((x - _LEFT) // _CELL), int((y - _TOP) // _CELL)
    raster = _RASTER[digit]
    return 0 <= row < len(raster) and 0 <= column < len(raster[0]) and raster[row][column] == "1"


def svg_of(plate: Plate) -> str:
    """The plate as an SVG picture on white."""
    circles = "".join(
        f'<circle cx="{d.x:g}" cy="{d.y:g}" r="{d.radius:g}" fill="#{bytes(d.colour).hex()}"/>'
        for d in dots_of(plate)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}">'
        f'<circle cx="{SIDE // 2}" cy="{SIDE // 2}" r="{SIDE // 2}" fill="#fff"/>{circles}</svg>'
    )
