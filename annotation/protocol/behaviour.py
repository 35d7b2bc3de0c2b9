"""How an answer came about, as the page measured it: times, touches, attention, the window.

Kept with the trial as evidence for quality control (ITU-T P.913 section on uncontrolled
environments); none of it names the person.
"""

import math
from collections.abc import Collection, Mapping
from typing import Any

from .errors import ProtocolError

#: A day in milliseconds: no image stays on the screen longer.
_DAY_MS = 86_400_000
#: Whole numbers: milliseconds since the decoded image was painted, or counts.
_COUNTS = {
    #: While the image was on the screen and the page was visible.
    "shown_ms": _DAY_MS,
    #: While the page was hidden or another window had the focus, and how often that began.
    "away_ms": _DAY_MS,
    "away": 10_000,
    #: Looked at enlarged: how often, and for how long, if the study allows it.
    "enlarged": 10_000,
    "enlarged_ms": _DAY_MS,
    #: How often the page asked for more time before an answer (`rating/hurry.js`).
    "pace_warnings": 100,
    #: Bits per pixel.
    "colour_depth": 256,
}
_CHOICES = {
    "orientation": ("portrait", "landscape"),
    #: What the last score was given with.
    "input": ("mouse", "touch", "pen", "keyboard"),
    #: The widest gamut that the screen covers (CSS Media Queries 4).
    "colour_gamut": ("srgb", "p3", "rec2020"),
}
_MOST = "enlarged_most"
_RATIOS = ("pixel_ratio", "zoom", _MOST)
_TOUCHES, _SEEN = "touches", "prompt_seen"
#: Widths and heights. The image's are as it was displayed: an owner compares them between trials.
_SIZES = ("viewport", "image_size", "image_pixels")
KEYS = (*_COUNTS, *_CHOICES, _TOUCHES, *_SIZES, *_RATIOS, _SEEN)
#: What adds up over the passes of one image.
_ADDED = ("shown_ms", "away_ms", "away", "enlarged", "enlarged_ms", "pace_warnings")
#: Of which the larger one counts.
_LARGEST = (_SEEN, _MOST)


def parse_behaviour(data: object, perspectives: Collection[str]) -> dict[str, Any]:
    """The measurements that `data` holds of an image judged from `perspectives` (keys); all are
    optional.

    `touches`: perspective → [first, last] change of its score, in milliseconds. `viewport`: width
    and height in CSS pixels, `image_size` those of the image on the screen, `image_pixels` the same
    in device pixels. `prompt_seen`: the share of the prompt, from its beginning, that was on the
    screen; less than 1 if its end was not. `pixel_ratio`: device pixels per CSS pixel, the
    browser's zoom included. `zoom`: how much larger than its own size the page was seen. They come
    with each trial, because a window can be moved to another screen at any time. `enlarged`,
    `enlarged_ms`, `enlarged_most`: how often, for how many milliseconds and how many times as large
    at most the rater looked at the image in its field enlarged. `pace_warnings`: 1 if the page had
    just asked a rater who answered faster than one can look to take their time.

    Raises ProtocolError naming what is unknown or out of range.
    """
    if not isinstance(data, Mapping):
        raise ProtocolError(f"behaviour: {data!r} is not an object")
    unknown = sorted(str(key) for key in data.keys() - set(KEYS))
    if unknown:
        raise ProtocolError(f"behaviour: there is no {unknown[0]!r}; it has {', '.join(KEYS)}")
    return {key: _parse(key, value, perspectives) for key, value in data.items()}


def added(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """What was measured in two passes over one image: times and counts add up, each pass has
    touches of its own, and the window is that of the later one."""
    both = {**earlier, **later}
    for key in earlier.keys() & later.keys() & set(_ADDED):
        both[key] = min(earlier[key] + later[key], _COUNTS[key])
    for key in earlier.keys() & later.keys() & set(_LARGEST):
        both[key] = max(earlier[key], later[key])
    if _TOUCHES in earlier and _TOUCHES in later:
        both[_TOUCHES] = {**earlier[_TOUCHES], **later[_TOUCHES]}
    return both


def _parse(key: str, value: object, perspectives: Collection[str]) -> Any:
    place = f"behaviour: {key}"
    if key in _COUNTS:
        return _count(value, _COUNTS[key], place)
    if key in _CHOICES:
        if value not in _CHOICES[key]:
            raise ProtocolError(f"{place}: {value!r} is not one of {', '.join(_CHOICES[key])}")
        return value
    if key == _TOUCHES:
        return _touches(value, perspectives, place)
    if key in _SIZES:
        return _pair(value, 100_000, place)
    if key == _SEEN:
        return _share(value, place)
    return _ratio(value, place)


def _touches(value: object, perspectives: Collection[str], place: str) -> dict[str, list[int]]:
    if not isinstance(value, Mapping):
        raise ProtocolError(f"{place}: {value!r} is not an object")
    for name in value:
        if name not in perspectives:
            raise ProtocolError(f"{place}: {name!r} is not a perspective")
    return {name: _pair(pair, _DAY_MS, f"{place}: {name}") for name, pair in value.items()}


def _pair(value: object, most: int, place: str) -> list[int]:
    if not isinstance(value, list) or len(value) != 2:
        raise ProtocolError(f"{place}: {value!r} is not a pair of numbers")
    return [_count(item, most, place) for item in value]


def _count(value: object, most: int, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ProtocolError(f"{place}: {value!r} is not a whole number within 0…{most}")
    return value


def _share(value: object, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ProtocolError(f"{place}: {value!r} is not a share within 0…1")
    return float(value)


def _ratio(value: object, place: str) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not (math.isfinite(value) and 0 < value <= 100)
    ):
        raise ProtocolError(f"{place}: {value!r} is not a number within 0…100")
    return float(value)
