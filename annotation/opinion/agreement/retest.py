"""Test–retest: how far a rater's second vote on an image repeats the first.

With the limits of agreement of Bland and Altman (1986), Lancet 327:307: 95 % of second votes differ
from the first by no more.
"""

from dataclasses import dataclass

import numpy as np

from ..correlation import Floats, Integers
from .base import (
    AgreementError,
    Measure,
    Votes,
    first_votes,
    reliability_in_words,
    same_cells,
    taken,
)
from .resampling import DRAWS, interval, moments, pearson, pearson_of

CITATION = (
    "Pearson's r of first and second votes; Bland and Altman (1986), Lancet 327:307; interval: "
    "raters drawn again"
)
#: Normal quantile of 95 %.
_TWO_SIDED = 1.959964


@dataclass(frozen=True)
class Retest:
    """Second against first votes; differences are second − first, in points of the scale."""

    correlation: Measure
    #: Mean difference: what a second look changes in the same direction.
    shift: float
    #: The limits of agreement, and half of the 95 % interval of each.
    lower: float
    upper: float
    limit_half_width: float
    #: Mean absolute difference.
    typical: float
    pairs: int
    raters: int


def retest_agreement(votes: Votes, *, draws: int = DRAWS, seed: int = 0) -> Retest:
    """Of the votes of repetitions 0 and 1; others are left out. The interval of the correlation
    draws raters.

    Raises AgreementError with fewer than three pairs, or if first or second votes do not vary.
    """
    first, second, subject = _pairs(votes)
    if first.size < 3:
        raise AgreementError(
            f"{first.size} images were rated twice by the same rater; three are the least"
        )
    raters, rater = np.unique(subject, return_inverse=True)
    parts = moments(first, second, rater, raters.size)
    value = pearson(parts, "first or second votes")
    low, high = interval(pearson_of, parts, draws=draws, seed=seed)
    correlation = Measure(value, low, high, first.size, reliability_in_words(value), CITATION)
    return _with_limits(correlation, second - first, rater, raters.size)


def _with_limits(correlation: Measure, change: Floats, rater: Integers, raters: int) -> Retest:
    shift, sd = float(change.mean()), float(change.std(ddof=1))
    return Retest(
        correlation,
        shift,
        lower=shift - _TWO_SIDED * sd,
        upper=shift + _TWO_SIDED * sd,
        limit_half_width=_TWO_SIDED * sd * float(np.sqrt(3 / change.size)),
        typical=float(np.abs(change).mean()),
        pairs=change.size,
        raters=raters,
    )


def _pairs(votes: Votes) -> tuple[Floats, Floats, Integers]:
    """First and second votes and whose they are, (P,) each."""
    one, two = (first_votes(taken(votes, votes.repetition == at)) for at in (0, 1))
    left, right = same_cells(one, two)
    return one.score[left], two.score[right], one.subject[left]
