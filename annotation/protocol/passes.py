"""Which perspectives of an image are asked together, and what comes when.

All at once, or one per pass: a block's images are gone through for the first perspective, then for
the second, and so on, so that a rater keeps one question in mind and an image's impression from one
perspective does not colour the score of another while it is fresh.
"""

from collections.abc import Sequence
from typing import TypeVar

_Item = TypeVar("_Item")


def asked_now(perspectives: Sequence[_Item], scored: int, *, one_per_pass: bool) -> Sequence[_Item]:
    """What is asked of an image whose first `scored` perspectives have their scores.

    Where the study changed its mind between two passes, the rest is asked together.
    """
    rest = perspectives[scored:]
    return rest[:1] if one_per_pass else rest


def passes_of(perspectives: Sequence[_Item], *, one_per_pass: bool) -> int:
    """How often each image is shown."""
    return len(perspectives) if one_per_pass else 1
