"""A part of the training pool decides when to stop; the hold-out never does."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ....learning.errors import LearningError


@dataclass(frozen=True)
class Parts:
    """Rows that are trained on, and rows that are only evaluated, after each epoch."""

    training: list[int]
    validation: list[int]


def draw_parts(groups: Sequence[int], share: float, seed: int) -> Parts:
    """Draws whole groups (the images of one prompt) until about `share` of the rows is set aside.

    Images of one prompt are alike: if some were trained on and others not, the others would make
    an overfitted model look good. A group is left out if the share is nearer without it; one is
    always drawn. Raises LearningError if one group is all there is.
    """
    everything = list(range(len(groups)))
    if not share:
        return Parts(everything, [])
    aside = _draw(Counter(groups), share * len(groups), seed)
    return Parts(
        [row for row in everything if groups[row] not in aside],
        [row for row in everything if groups[row] in aside],
    )


def _draw(sizes: Mapping[int, int], wanted: float, seed: int) -> set[int]:
    """Some of the groups, `wanted` rows together, as nearly as whole groups allow."""
    if len(sizes) < 2:
        raise LearningError(
            f"all {sum(sizes.values())} labelled images have one prompt, so none can be set aside; "
            "label images of another prompt, or set validation_share to 0"
        )
    aside: set[int] = set()
    for group in np.random.default_rng(seed).permutation(sorted(sizes)).tolist():
        if sizes[group] <= 2 * wanted:
            aside.add(group)
            wanted -= sizes[group]
    return aside or {min(sizes, key=lambda group: (sizes[group], group))}
