"""How two methods' opinion scores of the same images differ. Pure: no Django."""

from dataclasses import dataclass

import numpy as np

from .correlation import Floats, Integers, grouped_pearson, grouped_ranks

#: An image moves far if its rank changes by more than this share of all images.
FAR = 0.1
#: Equal but for rounding.
_SAME = 1e-9


@dataclass(frozen=True)
class Differences:
    """Of S images that both methods have a score of, on the study's 0…1."""

    n: int
    #: Spearman's correlation of old and new; NaN with fewer than three, or without differences.
    srcc: float
    #: How far scores move, without sign; NaN without images.
    median_shift: float
    largest_shift: float
    #: Images whose score moves at all, and whose rank changes by more than `FAR` of all.
    moved: int
    far: int


def differences(old: Floats, new: Floats) -> Differences:
    """old, new: (S,)."""
    n = old.size
    if not n:
        return Differences(0, np.nan, np.nan, np.nan, 0, 0)
    one = np.zeros(n, dtype=np.int64)
    ranks = [grouped_ranks(values, one) / n for values in (old, new)]
    srcc = grouped_pearson(ranks[0], ranks[1], one, 1)[0]
    shift = np.abs(new - old)
    return Differences(
        n,
        float(srcc),
        float(np.median(shift)),
        float(shift.max()),
        int((shift > _SAME).sum()),
        int((np.abs(ranks[1] - ranks[0]) > FAR + _SAME).sum()),
    )


def largest_movers(old: Floats, new: Floats, most: int) -> Integers:
    """Places of the images whose scores move furthest, the furthest first; at most so many."""
    shift = np.abs(new - old)
    order = np.argsort(-shift, kind="stable")[:most]
    return order[shift[order] > _SAME].astype(np.int64)


def sample(size: int, most: int) -> Integers:
    """Places of at most so many of `size` things, evenly spaced: the same ones each time."""
    if size <= most:
        return np.arange(size)
    return np.linspace(0, size - 1, most).astype(np.int64)
