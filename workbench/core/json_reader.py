"""JSON from outside, within limits: what it gives, the database and other programs can hold.

RFC 8259 lets a reader set limits to depth, to the range of numbers and to the contents of strings.
"""

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn

from .texts import NO_TEXT

#: Objects and arrays within each other: nothing that is asked for has half as many.
MOST_NESTED = 32
#: In the text of a document without it, no string holds a NUL or half a surrogate pair: they are
#: written as escapes, or are no UTF-8.
_ESCAPE = "\\u"


class JsonError(ValueError):
    """Not JSON, or JSON beyond the limits; the message says which."""


class JsonLimitError(JsonError):
    """JSON beyond the limits: nested too deep, a number or a text that cannot be kept."""

    def __init__(self, message: str, *, text_in: str = "") -> None:
        super().__init__(message)
        #: Of a text that cannot be kept: the keys that lead to it.
        self.text_in = text_in


def read_json(data: str | bytes) -> Any:
    """The value that `data` (UTF-8 if bytes) holds, with finite numbers, and texts without NUL or
    halves of surrogate pairs. Raises JsonError."""
    try:
        text = data.decode() if isinstance(data, bytes) else data
        value = json.loads(
            text, parse_constant=_refuse, parse_float=_finite_float, parse_int=_finite_int
        )
    except RecursionError as error:
        raise JsonLimitError(_too_deep()) from error
    except JsonError:
        raise
    except ValueError as error:
        raise JsonError(str(error)) from error
    if text.count("{") + text.count("[") > MOST_NESTED or _ESCAPE in text:
        _check(value)
    return value


def _check(value: Any) -> None:
    """Raises JsonLimitError for what is nested too deep, and for texts that cannot be stored."""
    level = [("", value)]
    for _ in range(MOST_NESTED + 1):
        nested = []
        for place, item in level:
            if isinstance(item, str):
                _check_text(item, place)
            elif isinstance(item, dict | list):
                nested.append((place, item))
        if not nested:
            return
        level = [part for place, item in nested for part in _parts(place, item)]
    raise JsonLimitError(_too_deep())


def _parts(place: str, value: dict[str, Any] | list[Any]) -> Iterator[tuple[str, Any]]:
    """With their places; keys are checked here."""
    if isinstance(value, dict):
        for key, item in value.items():
            _check_text(key, f"{place}a key ")
            yield f"{place}{key}: ", item
    else:
        yield from ((place, item) for item in value)


def _check_text(text: str, place: str) -> None:
    found = NO_TEXT.search(text)
    if found:
        nul = found[0] == "\0"
        what = "holds a NUL character" if nul else f"is not valid Unicode at {found.start()}"
        raise JsonLimitError(f"{place or 'a text '}{what}", text_in=place.rstrip(": "))


def _too_deep() -> str:
    return f"it is nested more than {MOST_NESTED} deep"


def _finite_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _out_of_range(text)
    return number


def _finite_int(text: str) -> int:
    number = int(text)
    try:
        float(number)
    except OverflowError as error:
        raise _out_of_range(text) from error
    return number


def _out_of_range(text: str) -> JsonLimitError:
    return JsonLimitError(
        f"{text[:20]}{'…' if len(text) > 20 else ''} is out of the range of numbers"
    )


def _refuse(constant: str) -> NoReturn:
    """NaN and the infinities are Python's JSON, and nobody else's (RFC 8259, section 6)."""
    raise JsonError(f"{constant} is not JSON")
