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
    #: How many votes of equal weight would tell as much (Kish); 0 without a vote.
    effective: Floats


def weighted_means(values: Floats, groups: Integers, size: int, weight: Floats) -> Means:
    """Of `size` groups: values (R,), groups (R,) in 0…size − 1, weights (R,) above 0.

    `sd` is the unbiased one for weights of reliability, Σw(x − x̄)² / (Σw − Σw²/Σw); the standard
    error is that of (Σw)²/Σw² votes (Kish's effective number).
    """
    n = np.bincount(groups, minlength=size)
    total = np.bincount(groups, weights=weight, minlength=size)
    squared = np.bincount(groups, weights=weight**2, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(groups, weights=weight * values, minlength=size) / total
        # Deviations from each group's own mean: no cancellation, unlike E[x²] − E[x]².
        deviations = weight * (values - mean[groups]) ** 2
        squares = np.bincount(groups, weights=deviations, minlength=size)
        sd = np.sqrt(np.where(n > 1, squares / (total - squared / total), np.nan))
        effective = np.where(n > 0, total**2 / squared, 0.0)
        return Means(mean, sd, sd / np.sqrt(effective), n, effective)


def effective_raters(votes: Votes, weight: Floats) -> Floats:
    """How many raters of equal weight are behind each stimulus, (S,): like `Means.effective`, but
    a rater's votes on one stimulus count together."""
    if not votes.repetition.any():
        return weighted_means(votes.score, votes.stimulus, votes.stimuli, weight).effective
    pairs, place = np.unique(votes.pairs(), return_inverse=True)
    together: Floats = np.bincount(place, weights=weight)
    stimulus = pairs // votes.subjects
    return weighted_means(together, stimulus, votes.stimuli, together).effective
