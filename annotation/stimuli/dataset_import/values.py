"""Single values of an archive, checked. Pure: no Django. All raise ValueError."""

from datetime import datetime
from typing import Any

#: Of keys: what PostgreSQL's bigint holds.
_MOST = 2**63 - 1


def key(value: object) -> int:
    """A row's key on the server that it came from."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _MOST:
        raise ValueError(f"{value!r} is not the key of a row")
    return value


def time(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a time")
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return found


def time_or_none(value: object) -> datetime | None:
    return time(value) if value else None


def mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is not an object")
    return value


def items(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is not a list")
    return value


def text(value: object, most: int) -> str:
    """most: characters."""
    if not isinstance(value, str) or len(value) > most:
        raise ValueError(f"{value!r:.80} is not a text of at most {most} characters")
    return value
