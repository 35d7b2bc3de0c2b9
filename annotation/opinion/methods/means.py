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
    total = np.bincount(groups, weights=counting, minlength=size)
    crossed = np.bincount(groups, weights=counting * weight, minlength=size)
    given = total if precision is None else np.bincount(groups, weights=weight, minlength=size)
    squared = crossed
    if precision is not None:
        squared = np.bincount(groups, weights=weight**2, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(groups, weights=counting * values, minlength=size) / total
        # Deviations from each group's own mean: no cancellation, unlike E[x²] − E[x]².
        deviations = counting * (values - mean[groups]) ** 2
        squares = np.bincount(groups, weights=deviations, minlength=size)
        sd = np.sqrt(np.where(n > 1, squares / (given - crossed / total), np.nan))
        effective = np.where(n > 0, total**2 / crossed, 0.0)
        degrees = np.where(n > 1, given**2 / squared - 1, 0.0)
        return Means(mean, sd, sd / np.sqrt(effective), n, effective, degrees)


def effective_raters(votes: Votes, weight: Floats, precision: Floats | None = None) -> Floats:
    """How many raters of equal weight and usual precision are behind each stimulus, (S,): like
    `Means.effective`, but a rater's votes on one stimulus count together."""
    together, stimulus = weight, votes.stimulus
    if votes.repetition.any():
        pairs, first, place = np.unique(votes.pairs(), return_index=True, return_inverse=True)
        together = np.asarray(np.bincount(place, weights=weight), dtype=np.float64)
        stimulus = pairs // votes.subjects
        precision = None if precision is None else precision[first]
    counting = together if precision is None else together * precision
    total = np.bincount(stimulus, weights=counting, minlength=votes.stimuli)
    crossed = np.bincount(stimulus, weights=counting * together, minlength=votes.stimuli)
    found: Floats = np.where(crossed > 0, total**2 / np.where(crossed > 0, crossed, 1), 0)
    return found
