"""The colour plates, against a published model of how others see them, and by their geometry."""

import itertools
import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.protocol.plates import PLATES, SIDE, Colour, Plate, dots_of, svg_of

#: Machado, Oliveira and Fernandes (IEEE TVCG 15(6), 2009), severity 1.0; linear sRGB.
DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)


def linear(colour: Colour) -> NDArray[np.float64]:
    """IEC 61966-2-1."""
    share = np.array(colour, dtype=np.float64) / 255
    light: NDArray[np.float64] = np.where(
        share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4
    )
    return light


def chromaticity(light: NDArray[np.float64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = light / light.sum()
    return shares


def difference(plate: Plate, seen_by: NDArray[np.float64]) -> float:
    """Between the chromaticities of the digit and of the ground, lightness left out."""
    figure, ground = (seen_by @ linear(colour) for colour in (plate.figure, plate.ground))
    return float(np.linalg.norm(chromaticity(figure) - chromaticity(ground)))


@pytest.mark.parametrize("plate", [plate for plate in PLATES if not plate.control])
def test_a_deuteranope_sees_hardly_a_difference_and_others_a_plain_one(plate: Plate) -> None:
    assert difference(plate, np.eye(3)) > 0.15
    assert difference(plate, DEUTERANOPIA) < 0.04


def test_everybody_sees_the_control() -> None:
    (control,) = [plate for plate in PLATES if plate.control]
    assert difference(control, np.eye(3)) > 0.3
    assert difference(control, DEUTERANOPIA) > 0.3


@pytest.mark.parametrize("plate", PLATES)
def test_dots_lie_within_the_circle_and_touch_no_other(plate: Plate) -> None:
    dots = dots_of(plate)
    assert len(dots) > 150
    for one in dots:
        assert math.hypot(one.x - SIDE / 2, one.y - SIDE / 2) + one.radius <= SIDE / 2 + 0.1
    for one, other in itertools.combinations(dots, 2):
        assert math.hypot(one.x - other.x, one.y - other.y) > one.radius + other.radius


@pytest.mark.parametrize("plate", PLATES)
def test_lightness_does_not_give_the_digit_away(plate: Plate) -> None:
    """The dots of the digit are as light as the others, within the spread of either."""
    weights = np.array([0.2126, 0.7152, 0.0722])  # of luminance, IEC 61966-2-1
    light: dict[bool, list[float]] = {True: [], False: []}
    hue = plate.figure[0] / max(plate.figure[1], 1) - plate.ground[0] / max(plate.ground[1], 1)
    middle = (plate.figure[0] / plate.figure[1] + plate.ground[0] / plate.ground[1]) / 2
    for dot in dots_of(plate):
        is_figure = (dot.colour[0] / dot.colour[1] - middle) * hue > 0
        light[is_figure].append(float(weights @ linear(dot.colour)))
    if not plate.control:
        apart = abs(np.mean(light[True]) - np.mean(light[False]))
        assert apart < np.std(light[True]) + np.std(light[False])
    assert min(len(light[True]), len(light[False])) > 20


def test_the_svg_holds_every_dot() -> None:
    root = ElementTree.fromstring(svg_of(PLATES[1]))
    circles = list(root)[1:]
    assert len(circles) == len(dots_of(PLATES[1]))
    assert all(re.fullmatch("#[0-9a-f]{6}", circle.attrib["fill"]) for circle in circles)
