"""What a rater marks for a free text: regions of the image, and words of the prompt.

A region is a box or a stroke of a brush. Places are shares of the image's width and height, from 0
at the upper left to 1, so that they hold for every copy of the image whatever its size; a stroke's
radius is a share of the width. All are rounded to four decimals, a tenth of a pixel of 1,000.

A word of the prompt is given by its number, from 0, among the prompt's words. Words are what white
space separates, except that each Chinese character is a word by itself, because Chinese puts no
space between words. A prompt without Chinese has the words of `prompt.split()`.
"""

import re
from collections.abc import Mapping
from typing import Any, TypedDict, final

from .errors import ProtocolError

#: Regions of one answer to one perspective, and points of one stroke.
REGION_LIMIT = 20
POINT_LIMIT = 200
_DECIMALS = 4

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_HAN}]|[^\s{_HAN}]+")


@final
class Box(TypedDict):
    """Its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float


@final
class Stroke(TypedDict):
    """Where the middle of the brush went, as [x, y]; one point is a dab."""

    points: list[list[float]]
    radius: float


Region = Box | Stroke


def parse_regions(data: object, place: str) -> list[Region]:
    """The regions in `data`, rounded. Raises ProtocolError naming what is not a region, and its
    place."""
    given = _list(data, REGION_LIMIT, place)
    return [_region(item, f"{place}: {number}") for number, item in enumerate(given, start=1)]


def parse_words(data: object, place: str) -> list[int]:
    """The numbers in `data`, each once and in order; `check_words` holds them against a prompt."""
    if not isinstance(data, list):
        raise ProtocolError(f"{place}: {data!r} is not a list")
    for item in data:
        if isinstance(item, bool) or not isinstance(item, int) or item < 0:
            raise ProtocolError(f"{place}: {item!r} is not the number of a word; the first is 0")
    return sorted(set(data))


def check_words(words: list[int], prompt: str, place: str) -> None:
    """Raise ProtocolError if the prompt has no such word."""
    number = len(_WORD.findall(prompt))
    if words and words[-1] >= number:
        raise ProtocolError(
            f"{place}: there is no word {words[-1]}; the prompt's {number} count from 0"
        )


def pieces_of(prompt: str) -> list[tuple[str, int | None]]:
    """The prompt in pieces that join up to it: its words with their numbers, and what is between
    them, with None."""
    pieces: list[tuple[str, int | None]] = []
    end = 0
    for number, match in enumerate(_WORD.finditer(prompt)):
        if match.start() > end:
            pieces.append((prompt[end : match.start()], None))
        pieces.append((match.group(), number))
        end = match.end()
    if end < len(prompt):
        pieces.append((prompt[end:], None))
    return pieces


def _region(data: object, place: str) -> Region:
    if not isinstance(data, Mapping):
        raise ProtocolError(f"{place}: {data!r} is not an object")
    if data.keys() == Box.__annotations__.keys():
        return _box(data, place)
    if data.keys() == Stroke.__annotations__.keys():
        return _stroke(data, place)
    raise ProtocolError(
        f"{place}: has {', '.join(sorted(map(str, data))) or 'nothing'}; a box has x, y, width and "
        "height, a stroke points and radius"
    )


def _box(data: Mapping[str, Any], place: str) -> Box:
    given = {name: _share(data[name], f"{place}: {name}") for name in Box.__annotations__}
    x, width = _span(given["x"], given["width"], f"{place}: x + width")
    y, height = _span(given["y"], given["height"], f"{place}: y + height")
    return {"x": x, "y": y, "width": width, "height": height}


def _span(start: float, length: float, place: str) -> tuple[float, float]:
    """Both ends are rounded, and the length is the difference: otherwise rounding could move a box
    that ends at the image's edge beyond it."""
    first, last = round(start, _DECIMALS), round(start + length, _DECIMALS)
    if last > 1:
        raise ProtocolError(f"{place}: {last:g} is beyond the image's edge at 1")
    if last <= first:
        raise ProtocolError(f"{place}: nothing is left of it at {_DECIMALS} decimals")
    return first, round(last - first, _DECIMALS)


def _stroke(data: Mapping[str, Any], place: str) -> Stroke:
    points = _list(data["points"], POINT_LIMIT, f"{place}: points")
    if not points:
        raise ProtocolError(f"{place}: points: there are none")
    radius = round(_share(data["radius"], f"{place}: radius"), _DECIMALS)
    if not radius:
        raise ProtocolError(f"{place}: radius: nothing is left of it at {_DECIMALS} decimals")
    return {"points": [_point(point, f"{place}: points") for point in points], "radius": radius}


def _point(data: object, place: str) -> list[float]:
    if not isinstance(data, list) or len(data) != 2:
        raise ProtocolError(f"{place}: {data!r} is not a pair [x, y]")
    return [round(_share(value, place), _DECIMALS) for value in data]


def _share(value: object, place: str) -> float:
    # NaN is within nothing, and a whole number may be too large for a float.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ProtocolError(f"{place}: {value!r} is not a number within 0…1")
    return float(value)


def _list(data: object, most: int, place: str) -> list[Any]:
    if not isinstance(data, list):
        raise ProtocolError(f"{place}: {data!r} is not a list")
    if len(data) > most:
        raise ProtocolError(f"{place}: {len(data)} are too many; at most {most} fit")
    return data
