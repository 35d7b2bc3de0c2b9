"""Pearson and Spearman correlation within groups, for many groups at once.

A correlation is NaN if it is meaningless: fewer than three pairs, or one side constant.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Two pairs always correlate perfectly.
MINIMUM_FOR_CORRELATION = 3
#: A standard deviation up to this is what adding floats in another order leaves of a constant:
#: values lie within 0…4 here, and those that differ do so by far more.
_NO_SPREAD = 1e-9

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class _Moments:
    """Of each group's pairs: their number, and squares and products about the group's means."""

    n: Integers
    xx: Floats
    yy: Floats
    xy: Floats


def grouped_pearson(x: Floats, y: Floats, groups: Integers, size: int) -> Floats:
    """Pearson's r of the pairs (x, y) of each group, (size,); NaN if it is not defined.

    x, y, groups (R,): values within 0…4, and the group of each pair, in 0…size − 1.
    """
    moments = _moments(x, y, groups, size)
    return _quotient(moments.n, moments)


def pooled_pearson(x: Floats, y: Floats, groups: Integers, size: int) -> float | None:
    """One r for all groups, of deviations from each group's own means; None if not defined.

    What groups differ by as a whole does not count as agreement, and each group's mean costs one
    pair: three pairs in two groups say as much as two in one.
    """
    moments = _moments(x, y, groups, size)
    used = int((moments.n > 0).sum())
    whole = _Moments(
        *(part.sum(keepdims=True) for part in (moments.n, moments.xx, moments.yy, moments.xy))
    )
    return number(_quotient(whole.n - max(used - 1, 0), whole)[0])


def grouped_ranks(values: Floats, groups: Integers) -> Floats:
    """The rank of each value within its group, from 1; ties share the mean of their ranks. (R,)"""
    if not values.size:
        return np.empty(0)
    order = np.lexsort((values, groups))
    sorted_values, sorted_groups = values[order], groups[order]
    new_group = np.diff(sorted_groups, prepend=-1) != 0
    new_value = new_group | (np.diff(sorted_values, prepend=np.nan) != 0)
    starts = np.flatnonzero(new_value)
    ends = np.append(starts[1:], values.size)
    group_starts = np.flatnonzero(new_group)[np.cumsum(new_group) - 1]
    # Places starts…ends − 1 of the whole, counted from the group's start and from 1.
    tied = np.repeat((starts + ends + 1) / 2, ends - starts)
    ranks = np.empty(values.size)
    ranks[order] = tied - group_starts
    return ranks


def grouped_spearman(x: Floats, y: Floats, groups: Integers, size: int) -> Floats:
    """Spearman's correlation of the pairs (x, y) of each group, (size,); NaN if not defined."""
    n = np.maximum(np.bincount(groups, minlength=size), 1)[groups]
    # As shares of the group, ranks spread alike in small and large groups.
    return grouped_pearson(grouped_ranks(x, groups) / n, grouped_ranks(y, groups) / n, groups, size)


def number(value: float) -> float | None:
    """`value` as a Python float; None instead of NaN, so that it can be stored as JSON."""
    return None if math.isnan(value) else float(value)


def sums(values: Floats, groups: Integers, size: int) -> Floats:
    """The sum of each group's values, (size,); 0 for a group without one."""
    return np.bincount(groups, values, size).astype(np.float64, copy=False)


def _moments(x: Floats, y: Floats, groups: Integers, size: int) -> _Moments:
    n = np.bincount(groups, minlength=size)
    # A group without pairs has no mean, and no pair needs it.
    divisor = np.maximum(n, 1)
    # About the means and not E[xy] − E[x]E[y], which cancels.
    dx = x - (sums(x, groups, size) / divisor)[groups]
    dy = y - (sums(y, groups, size) / divisor)[groups]
    return _Moments(
        n, sums(dx * dx, groups, size), sums(dy * dy, groups, size), sums(dx * dy, groups, size)
    )


def _quotient(effective: Integers, moments: _Moments) -> Floats:
    least = moments.n * _NO_SPREAD**2
    defined = (effective >= MINIMUM_FOR_CORRELATION) & (moments.xx > least) & (moments.yy > least)
    r = np.full(moments.n.size, np.nan)
    np.divide(moments.xy, np.sqrt(moments.xx) * np.sqrt(moments.yy), out=r, where=defined)
    # Rounding may carry a perfect correlation past 1.
    return np.clip(r, -1, 1, out=r)
