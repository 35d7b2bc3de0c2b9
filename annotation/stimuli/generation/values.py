"""Single values of records, from JSON or text."""

import json
import re
from typing import Any

from .limits import LONGEST_NAME, MOST_BYTES

_SEEDS = 2**64
_WHOLE = re.compile(r"([0-9]{1,20})(?:\.0{1,9})?")
#: What tools write for "no model" and "no refiner".
_NO_NAMES = frozenset({"", "none", "null", "unknown", "undefined"})


def parsed_json(text: str | None) -> Any:
    """The value of a JSON text, which may end in NUL and may hold NaN; None if it is none."""
    if text is None or len(text) > MOST_BYTES:
        return None
    try:
        return json.loads(text.strip("\0 \t\r\n\ufeff"), strict=False)
    except (ValueError, RecursionError):
        return None


def mapping(value: Any) -> dict[str, Any]:
    """`value` if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def text_or_none(value: Any) -> str | None:
    """A text, trimmed; None if `value` is no text."""
    return value.replace("\r\n", "\n").strip("\0 \t\r\n") if isinstance(value, str) else None


def seed_or_none(value: Any) -> int | None:
    """A seed of 64 bits without sign, also if it is a text, a whole float or alone in a list; None
    of anything else, also of a negative one, which means that a seed is to be drawn."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        whole = _WHOLE.fullmatch(value.strip("\0 \t\r\n"))
        value = int(whole[1]) if whole else None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    return value if isinstance(value, int) and 0 <= value < _SEEDS else None


def name_or_none(value: Any) -> str | None:
    """The name of a model; None if `value` is no text, says that there is none, or is no name by
    its length."""
    name = text_or_none(value)
    if name is None or len(name) > LONGEST_NAME or name.casefold() in _NO_NAMES:
        return None
    return name
