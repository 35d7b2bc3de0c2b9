"""What is wrong with a table as a whole, and with a text in it."""

from ..problems import Problem
from ..texts import gettext_noop, storable


class TableError(Problem):
    """The table as a whole cannot be read: its encoding, its header, or it is none."""


def no_text(key: str) -> Problem:
    """The column holds what no text can: a NUL, or half a character."""
    return Problem(
        gettext_noop('column "%(key)s" contains a character that is not text'),
        gettext_noop("remove the zero byte or broken character"),
        key=storable(key)[:100],
    )


def too_long(key: str, length: int, longest: int) -> Problem:
    """A text of `length` characters where `longest` fit."""
    return Problem(
        gettext_noop("%(key)s has %(length)d characters; at most %(longest)d fit"),
        gettext_noop("shorten it"),
        key=storable(key)[:100],
        length=length,
        longest=longest,
    )
