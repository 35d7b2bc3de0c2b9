"""Numbers as people read them: a minus sign in place of the hyphen, for pages and for code.

A browser may break a line after a hyphen, a screen reader passes over it, and beside a range's
dash it is easily missed. Django's formats know no minus sign in any language.
"""

from typing import Any

from django import template
from django.template import defaultfilters
from django.utils.formats import number_format
from django.utils.safestring import mark_safe

MINUS = "−"

register = template.Library()


@register.filter(is_safe=True)
def floatformat(text: Any, arg: int | str = -1) -> str:
    """Django's filter of this name, with a minus sign.

    With the suffix `u`, which asks for a number that programs can read, the hyphen stays.
    """
    shown = defaultfilters.floatformat(text, arg)
    if isinstance(arg, str) and "u" in arg:
        return shown
    return mark_safe(shown.replace("-", MINUS)) if shown.startswith("-") else shown  # noqa: S308


def shown_number(value: float | None, decimals: int = 0) -> str:
    """`value`, rounded to that many decimals, in the reader's language; a dash for none."""
    if value is None:
        return "–"
    # Adding zero takes the sign from a zero that was rounded to.
    rounded = round(value, decimals) + 0.0
    return number_format(rounded, decimals, force_grouping=True).replace("-", MINUS)


def shown_mark(value: float) -> str:
    """A place on a scale, such as its end, with no more decimals than it needs."""
    return f"{value:g}".replace("-", MINUS)


def shown_range(low: float, high: float) -> str:
    """From one place on a scale to another: 1–5."""
    return f"{shown_mark(low)}–{shown_mark(high)}"
