"""Viewing conditions as a session's browser told them, in words.

They come from outside: anything may stand there, and what is not understood is left out.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_LONGEST = 40


def viewing_words(client: Mapping[str, Any]) -> list[str]:
    """What is known, the window first."""
    words = (describe(client.get(key)) for key, describe in _DESCRIPTIONS.items())
    return [word for word in words if word]


def _size(pattern: str) -> Callable[[Any], str]:
    def describe(value: Any) -> str:
        known = isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))
        if not known:
            return ""
        return _(pattern) % {"width": f"{value[0]:g}", "height": f"{value[1]:g}"}

    return describe


def _amount(pattern: str) -> Callable[[Any], str]:
    def describe(value: Any) -> str:
        if not _is_number(value):
            return ""
        return _(pattern) % {"n": number_format(round(value, 2))}

    return describe


def _text(value: Any) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""


def _pointer(value: Any) -> str:
    return {"coarse": _("touch"), "fine": _("mouse or pen")}.get(_text(value), "")


def _dark(value: Any) -> str:
    return _("dark mode") if value is True else ""


def _is_number(value: Any) -> bool:
    # More would be no size, and `%g` of it no word.
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6


_DESCRIPTIONS: dict[str, Callable[[Any], str]] = {
    "viewport": _size(gettext_noop("window %(width)s × %(height)s")),
    "screen": _size(gettext_noop("screen %(width)s × %(height)s")),
    "pixel_ratio": _amount(gettext_noop("pixel ratio %(n)s")),
    "colour_depth": _amount(gettext_noop("%(n)s bits of colour")),
    "colour_gamut": _text,
    "pointer": _pointer,
    "dark": _dark,
    "language": _text,
}
