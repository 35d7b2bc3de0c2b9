"""Viewing conditions as a session's browser reported them, in words.

They come from outside: they may hold anything, and what is not understood is left out.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from workbench.core.texts import gettext_noop

from ...protocol.plates import PLATES
from ...protocol.viewing import GREY_STEPS

_LONGEST = 40
#: The plate that nearly everybody reads.
_CONTROL = next(place for place, plate in enumerate(PLATES) if plate.control)


def viewing_words(client: Mapping[str, Any], windows: int = 1) -> list[str]:
    """What is known, the window first; `windows`: how many different ones its answers came from."""
    checks = client.get("checks")
    known = {**client, **(checks if isinstance(checks, Mapping) else {})}
    words = (describe(known.get(key)) for key, describe in _DESCRIPTIONS.items())
    changed = [_("%(n)d different windows or screens") % {"n": windows}] if windows > 1 else []
    return [*(word for word in words if word), *changed]


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


def _zoom(value: Any) -> str:
    # Nearly everybody's, so not worth saying.
    if not _is_number(value) or value == 1:
        return ""
    return _("zoom %(percent)s %%") % {"percent": number_format(round(100 * value))}


def _dark(value: Any) -> str:
    return _("dark mode") if value is True else ""


def _resolution(value: Any) -> str:
    if not _is_number(value):
        return ""
    return _("%(n)s pixels per centimetre") % {"n": number_format(round(10 * value, 1))}


def _greys(value: Any) -> str:
    known = isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))
    if not known:
        return ""
    return _("grey steps seen: %(dark)s dark, %(light)s light, of %(all)d") % {
        "dark": f"{value[0]:g}",
        "light": f"{value[1]:g}",
        "all": GREY_STEPS,
    }


def _plates(value: Any) -> str:
    if not isinstance(value, list) or len(value) != len(PLATES):
        return ""
    read = sum(digit == plate.digit for digit, plate in zip(value, PLATES, strict=True))
    if value[_CONTROL] != PLATES[_CONTROL].digit:
        return _("colour plates answered carelessly")
    return _("colour plates read: %(n)d of %(all)d") % {"n": read, "all": len(PLATES)}


def _acuity(value: Any) -> str:
    return {
        "normal": _("sees well"),
        "corrected": _("sees well with glasses or lenses"),
        "poor": _("does not see well"),
    }.get(_text(value), "")


def _is_number(value: Any) -> bool:
    # More would be no real size, and `%g` would not print it as digits.
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6


_DESCRIPTIONS: dict[str, Callable[[Any], str]] = {
    "viewport": _size(gettext_noop("window %(width)s × %(height)s")),
    "screen": _size(gettext_noop("screen %(width)s × %(height)s")),
    "pixel_ratio": _amount(gettext_noop("pixel ratio %(n)s")),
    "zoom": _zoom,
    "colour_depth": _amount(gettext_noop("%(n)s bits of colour")),
    "colour_gamut": _text,
    "browser": _text,
    "pointer": _pointer,
    "dark": _dark,
    "language": _text,
    "acuity": _acuity,
    "pixels_per_mm": _resolution,
    "greys": _greys,
    "plates": _plates,
}
