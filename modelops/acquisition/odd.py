"""Images that look like nothing else in the pool: broken files, screenshots, another subject.

A model is always unsure of them, and labels of them teach it little about the others, so a strategy
that seeks uncertainty would spend the raters' time on them. They are shown to the study's owner.
"""

import numpy as np
from numpy.typing import NDArray

from .distances import nearest
from .ranks import ROBUST

#: Images that each one is compared with, drawn at random.
REFERENCES = 512
#: An image is odd if the logarithm of its distance to the nearest reference lies so many robust
#: standard deviations above the median (Iglewicz and Hoaglin, How to Detect and Handle Outliers,
#: 1993, recommend 3.5), and the distance is at least so many times the median one.
SCORE = 3.5
RATIO = 1.25
#: With fewer images nothing is usual.
FEWEST = 30


def odd_ones(points: NDArray[np.floating], seed: int) -> NDArray[np.bool_]:
    """(C,): which of (C, E) standardised embeddings, in the order of their keys, are odd.

    A group that looks like nothing else is not odd if its images look like each other.
    """
    total = len(points)
    if total < FEWEST:
        return np.zeros(total, np.bool_)
    references = np.sort(
        np.random.default_rng(seed).permutation(total)[: min(REFERENCES, total // 2)]
    )
    distance = np.empty(total)
    others = np.setdiff1d(np.arange(total), references, assume_unique=True)
    distance[others] = nearest(points[others], points[references])[1]
    # A reference would be its own nearest; half of them stand for the other half.
    halves = references[::2], references[1::2]
    for own, other in (halves, halves[::-1]):
        distance[own] = nearest(points[own], points[other])[1]
    logarithms = 0.5 * np.log(np.maximum(distance, np.finfo(np.float32).tiny))
    above = logarithms - np.median(logarithms)
    spread = ROBUST * np.median(np.abs(above))
    found: NDArray[np.bool_] = above > max(SCORE * spread, np.log(RATIO))
    return found
