"""Metadata as a person reads them: a manifest's further columns, however deep their values."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

#: Rows that a page shows: a workflow in an image's metadata has thousands of values.
MOST_ROWS = 200


def readable(metadata: dict[str, Any]) -> tuple[list[tuple[str, str]], int]:
    """Names and values, those of nested values by the names that lead to them, and how many there
    are in all: only the first ones are listed."""
    rows = list(_rows("", metadata)) if metadata else []
    return rows[:MOST_ROWS], len(rows)


def _rows(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _rows(f"{place} › {name}" if place else name, item)
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for number, item in enumerate(value, start=1):
            yield from _rows(f"{place} › {number}", item)
    else:
        yield place, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return "–" if value is None or value == {} else str(value)
