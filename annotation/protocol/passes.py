"""Which perspectives of an image are asked together, and in which order.

All at once, or one per pass: a block's images are gone through for the first perspective, then for
the second, and so on, so that a rater keeps one question in mind and an image's impression from one
perspective does not colour the score of another while it is fresh.
"""

from collections.abc import Sequence
from typing import TypeVar

_Item = TypeVar("_Item")


def asked_now(perspectives: Sequence[_Item], scored: int, *, one_per_pass: bool) -> Sequence[_Item]:
    """What is asked of an image whose first `scored` perspectives have their scores.

    If the study was changed between two passes, the remaining ones are asked together.
    """
    rest = perspectives[scored:]
    return rest[:1] if one_per_pass else rest


def passes_of(perspectives: Sequence[_Item], *, one_per_pass: bool) -> int:
    """How often each image is shown."""
    return len(perspectives) if one_per_pass else 1


def comes_again(scored: int, passes: int) -> bool:
    """Whether an image whose first `scored` perspectives have their scores is shown once more
    after this time."""
    return scored < passes - 1


def before_the_next_pass(trials: Sequence[tuple[int, int]], passes: int) -> int:
    """How many of the trials in hand, (block, scored) in the order of showing, come before any
    that is not claimed yet.

    They end with the first block that has a pass left after this one: what is later comes after
    that pass, so a page that held it now would mix the two.
    """
    first = next((block for block, scored in trials if comes_again(scored, passes)), None)
    return sum(first is None or block <= first for block, _scored in trials)
