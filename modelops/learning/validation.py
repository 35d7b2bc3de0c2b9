"""A part of the training pool that says when to stop; the hold-out never does."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .errors import LearningError


@dataclass(frozen=True)
class Parts:
    """Rows that are trained on, and rows that are not but are looked at after each epoch."""

    training: list[int]
    validation: list[int]


def draw_parts(groups: Sequence[int], share: float, seed: int) -> Parts:
    """Draws whole groups (the images of one prompt) until `share` of the rows is set aside.

    Images of one prompt are alike: were some trained on and others not, the others would say that
    an overfitted model is good. Raises LearningError where one group is all there is.
    """
    everything = list(range(len(groups)))
    if not share:
        return Parts(everything, [])
    names = sorted(set(groups))
    if len(names) < 2:
        raise LearningError(
            f"validation_share is {share}, but all {len(groups)} images have one prompt; "
            "label images of another prompt, or set validation_share to 0"
        )
    aside: set[int] = set()
    left = share * len(groups)
    # Never the last: something must be trained on.
    for place in np.random.default_rng(seed).permutation(len(names))[:-1]:
        if left <= 0:
            break
        aside.add(names[place])
        left -= sum(group == names[place] for group in groups)
    return Parts(
        [row for row in everything if groups[row] not in aside],
        [row for row in everything if groups[row] in aside],
    )
