"""What the page measures about an answer: what is taken, and what is refused by name."""

from typing import Any

import pytest

from annotation.protocol.aigciqa2023 import AIGCIQA2023_PERSPECTIVES as PERSPECTIVES
from annotation.protocol.behaviour import added, parse_behaviour
from annotation.protocol.errors import ProtocolError

MEASURED = {
    "shown_ms": 5120,
    "away_ms": 0,
    "away": 0,
    "touches": {"quality": [900, 1400], "authenticity": [2000, 2000]},
    "viewport": [1366, 768],
    "image_size": [580, 580],
    "image_pixels": [725, 725],
    "prompt_seen": 0.42,
    "pixel_ratio": 1.25,
    "zoom": 1.1,
    "enlarged": 2,
    "enlarged_ms": 3400,
    "enlarged_most": 4,
    "pace_warnings": 1,
    "colour_gamut": "p3",
    "colour_depth": 30,
    "orientation": "landscape",
    "input": "keyboard",
}


def test_measurements_are_taken_as_they_are() -> None:
    assert parse_behaviour(MEASURED, PERSPECTIVES) == MEASURED
    assert parse_behaviour({}, PERSPECTIVES) == {}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "None is not an object"),
        ({"mouse": 1}, "there is no 'mouse'; it has shown_ms"),
        ({"shown_ms": -1}, "shown_ms: -1 is not a whole number within 0…86400000"),
        ({"shown_ms": 1.5}, "shown_ms: 1.5 is not a whole number"),
        ({"away": True}, "away: True is not a whole number"),
        ({"touches": {"beauty": [1, 2]}}, "touches: 'beauty' is not a perspective"),
        ({"touches": {"quality": [1]}}, r"touches: quality: \[1\] is not a pair"),
        ({"touches": []}, r"touches: \[\] is not an object"),
        ({"viewport": [1366, "768"]}, "viewport: '768' is not a whole number"),
        ({"image_size": [580]}, r"image_size: \[580\] is not a pair"),
        ({"prompt_seen": 1.01}, "prompt_seen: 1.01 is not a share within"),
        ({"prompt_seen": True}, "prompt_seen: True is not a share within"),
        ({"pixel_ratio": 0}, "pixel_ratio: 0 is not a number within"),
        ({"pixel_ratio": float("inf")}, "pixel_ratio: inf is not a number within"),
        ({"enlarged": -1}, "enlarged: -1 is not a whole number within 0…10000"),
        ({"enlarged_most": 0}, "enlarged_most: 0 is not a number within"),
        ({"pace_warnings": 0.5}, "pace_warnings: 0.5 is not a whole number"),
        ({"zoom": 101}, "zoom: 101 is not a number within"),
        ({"colour_gamut": "grey"}, "colour_gamut: 'grey' is not one of srgb, p3, rec2020"),
        ({"colour_depth": -24}, "colour_depth: -24 is not a whole number"),
        ({"orientation": "upside down"}, "'upside down' is not one of portrait, landscape"),
        ({"input": ["mouse"]}, r"input: \['mouse'\] is not one of"),
    ],
)
def test_an_invalid_measurement_is_refused_by_name(data: Any, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        parse_behaviour(data, PERSPECTIVES)


def test_looking_at_an_image_enlarged_adds_up_over_its_passes() -> None:
    first = {"enlarged": 1, "enlarged_ms": 800, "enlarged_most": 4.0, "pace_warnings": 1}
    second = {"enlarged": 2, "enlarged_ms": 500, "enlarged_most": 2.0}
    assert added(first, second) == {
        "enlarged": 3,
        "enlarged_ms": 1300,
        "enlarged_most": 4.0,
        "pace_warnings": 1,
    }
