"""Weighted means of groups, with their spread."""

from dataclasses import dataclass

import numpy as np

from .base import Floats, Integers, Votes


@dataclass(frozen=True)
class Means:
    """Of each of S groups, (S,); NaN if there are too few votes."""

    mean: Floats
    sd: Floats
    standard_error: Floats
    n: Integers
    #: How many votes of equal weight and usual precision would tell as much; 0 without a vote.
    effective: Floats
    #: Degrees of freedom of `sd`; 0 if there are none.
    degrees: Floats


def weighted_means(
    values: Floats,
    groups: Integers,
    size: int,
    weight: Floats,
    precision: Floats | None = None,
) -> Means:
    """Of `size` groups: values (R,), groups (R,) in 0…size − 1, weights (R,) above 0.

    precision: (R,), how many times smaller than the usual variance that of a value is; 1 if None.
    A value counts by a = weight · precision. `sd` is the usual one, without bias:
    √(Σa(x − x̄)² / (Σw − Σaw/Σa)); the standard error is that of (Σa)²/Σaw votes, which without
    precisions is Kish's effective number.
    """
    counting = weight if precision is None else weight * precision
    n = np.bincount(groups, minlength=size)
    given, squared = total, crossed = weight_totals(groups, size, weight)
    if precision is not None:
        total = _sums(counting, groups, size)
        crossed = _sums(counting * weight, groups, size)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = _sums(counting * values, groups, size) / total
        # Deviations from each group's own mean: no cancellation, unlike E[x²] − E[x]².
        squares = _sums(counting * (values - mean[groups]) ** 2, groups, size)
        sd = np.sqrt(np.where(n > 1, squares / (given - crossed / total), np.nan))
        effective = np.where(n > 0, total**2 / crossed, 0.0)
        degrees = np.where(n > 1, given**2 / squared - 1, 0.0)
        return Means(mean, sd, sd / np.sqrt(effective), n, effective, degrees)


def weight_totals(groups: Integers, size: int, weight: Floats) -> tuple[Floats, Floats]:
    """The sums of the weights (R,) and of their squares in each of `size` groups."""
    if (weight == 1).all():  # counting is three times as fast as adding up
        n = np.bincount(groups, minlength=size).astype(np.float64)
        return n, n
    return _sums(weight, groups, size), _sums(weight**2, groups, size)


def effective_raters(
    found: Means, votes: Votes, weight: Floats, precision: Floats | None = None
) -> Floats:
    """How many raters of equal weight and usual precision are behind each stimulus, (S,): like the
    `effective` of `found`, of the same votes, but a rater's votes on one stimulus count together.
    """
    if not votes.repetition.any():
        return found.effective
    pairs, first, place = np.unique(votes.pairs(), return_index=True, return_inverse=True)
    together = _sums(weight, place, pairs.size)
    stimulus = pairs // votes.subjects
    counting = together if precision is None else together * precision[first]
    total = _sums(counting, stimulus, votes.stimuli)
    crossed = _sums(counting * together, stimulus, votes.stimuli)
    effective: Floats = np.where(crossed > 0, total**2 / np.where(crossed > 0, crossed, 1), 0)
    return effective


def _sums(values: Floats, groups: Integers, size: int) -> Floats:
    return np.asarray(np.bincount(groups, weights=values, minlength=size), dtype=np.float64)
