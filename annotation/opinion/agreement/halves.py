"""Split-half reliability: how far the scores of one half of the raters agree with the other's.

Spearman (1910) and Brown (1910), British Journal of Psychology 3; on a sparse panel the two halves
of an image's ratings are unequal, which Horst (1951), Psychometrika 16:189 takes into account. With
equal halves his formula is Spearman and Brown's.
"""

import numpy as np

from ..correlation import Floats, sums
from .base import AgreementError, Measure, Votes, paired_votes, reliability_in_words
from .resampling import LEAST_UNITS, moments, pearson_of, percentiles

CITATION = (
    "Spearman (1910) and Brown (1910), British Journal of Psychology 3; unequal halves: Horst "
    "(1951), Psychometrika 16:189; words: Koo and Li (2016), Journal of Chiropractic Medicine "
    "15:155"
)
#: Divisions of the raters: each costs a pass over all votes.
SPLITS = 200


def split_half(votes: Votes, *, splits: int = SPLITS, seed: int = 0) -> Measure:
    """Reliability of mean scores, of first votes: the mean over random divisions of the raters.

    The interval draws images and divisions together. Raises AgreementError with fewer than three
    images that raters of both halves rated, or if means do not vary.
    """
    paired = paired_votes(votes)
    if paired.subjects < 2:
        raise AgreementError("there is only one rater: no two halves can be made")
    generator = np.random.default_rng(seed)
    whole, drawn = np.empty(splits), np.empty(splits)
    for split in range(splits):
        parts = _divided(paired, generator)
        times = np.bincount(
            generator.integers(0, max(len(parts), 1), len(parts)), minlength=len(parts)
        )
        whole[split] = _stepped_up(parts.sum(axis=0))
        drawn[split] = _stepped_up(times @ parts)
    if not np.isfinite(whole).any():
        raise AgreementError(
            "fewer than three images were rated by both halves of the raters, or their means do "
            "not vary"
        )
    value = float(np.nanmean(whole))
    low, high = percentiles(drawn) if paired.stimuli >= LEAST_UNITS else (None, None)
    return Measure(value, low, high, paired.score.size, reliability_in_words(value), CITATION)


def _divided(votes: Votes, generator: np.random.Generator) -> Floats:
    """Of each image that both halves rated: its part of a correlation, and p(1 − p) for the share p
    of its ratings that one half gave; (S', 7)."""
    half = generator.permutation(votes.subjects) < votes.subjects // 2
    side = half[votes.subject].astype(np.int64)
    place, size = 2 * votes.stimulus + side, 2 * votes.stimuli
    count = np.bincount(place, minlength=size).reshape(-1, 2)
    both = (count > 0).all(axis=1)
    if not both.any():
        return np.empty((0, 7))
    mean = sums(votes.score, place, size).reshape(-1, 2)[both] / count[both]
    share = count[both, 0] / count[both].sum(axis=1)
    parts = moments(mean[:, 0], mean[:, 1], np.arange(len(mean)), len(mean))
    return np.column_stack([parts, share * (1 - share)])


def _stepped_up(totals: Floats) -> float:
    """Reliability of the mean of both halves, from summed parts; NaN if not defined."""
    if totals[0] < 3:
        return float("nan")
    r = float(pearson_of(totals[None, :6])[0])
    return horst(r, float(totals[6] / totals[0]))


def horst(r: float, product: float) -> float:
    """The reliability of a whole whose parts, shares p and 1 − p of it, correlate by r.

    product: p(1 − p), ¼ for halves, where it is Spearman–Brown's 2r/(1 + r). A correlation of 0 or
    below is returned as it is: it has no reliability to step up.
    """
    # Also NaN.
    if not 0 < r < 1:
        return r
    rest = 1 / r**2 - 1
    return float((np.sqrt(1 + 4 * product * rest) - 1) / (2 * product * rest))
