"""Inter-rater reliability: each rater's scores against the mean of everybody else's.

The P.910 crowdsourcing toolkit (github.com/microsoft/P.910, `calc_inter_rater_reliability`;
Naderi and Cutler, arXiv 2204.06784) correlates a worker's votes with the MOS by Spearman, VQEG's
HDTV test plan (Annex I, as in NTIA/ITS's `screening.m`) a viewer's by Pearson. Both leave the
rater's own score in the mean. With the few ratings per image of active collection it would be a
third of it, and anyone would agree with themselves; here it is left out.

What a rule judges is the correlation corrected for attenuation (`agreement.consistency`): 1 is a
rater like the rest, however hard the task is and however few others rated an image.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..agreement.consistency import corrected_correlation, reliability_of_ratings
from ..correlation import Floats, Integers, grouped_pearson, grouped_spearman, number, sums

#: Means of the same scores, added in another order, differ by less: they are ties.
_TIE_DECIMALS = 9


@dataclass(frozen=True)
class Correlation:
    """One rater's agreement with the others; None if fewer than three images or no variance."""

    pearson: float | None
    spearman: float | None
    #: Images compared.
    n: int
    #: Mean number of other raters per image compared; None without an image.
    others: float | None
    #: Pearson's, divided by what a rater like the rest can be expected to have; −1…1.
    corrected: float | None = None


@dataclass(frozen=True)
class InterRater:
    """`Correlation` for every rater, as arrays (raters,); NaN if not defined."""

    pearson: Floats
    spearman: Floats
    n: Integers
    others: Floats
    corrected: Floats

    def of(self, rater: int) -> Correlation:
        """The measures of `rater` (an index, as in the raters given)."""
        return Correlation(
            number(self.pearson[rater]),
            number(self.spearman[rater]),
            int(self.n[rater]),
            number(self.others[rater]),
            number(self.corrected[rater]),
        )


def inter_rater_correlations(
    scores: ArrayLike,
    raters: ArrayLike,
    stimuli: ArrayLike,
    size: int,
    *,
    least_others: int = 2,
    counting: ArrayLike | None = None,
) -> InterRater:
    """Leave-one-out correlation of each of `size` raters with the others, for one perspective.

    scores (R,): single ratings on any one scale. raters (R,): who gave each, in 0…size − 1.
    stimuli (R,): from 0, of which image. counting (R,): whether a rating is part of the others'
    mean; without it, all are. One that is not (an excluded rater's) is still compared with that
    mean. An image counts for a rater if at least `least_others` counting others rated it. Time
    grows as R log R, memory as R plus the images.

    Read the plain numbers with `others` in mind: a mean of few is noisy itself. With images that
    differ by a standard deviation of 1 and honest raters who err by 0.7, r is expected at
    1/√1.49 · 1/√(1 + 0.49/k) for k others: 0.73 for 2, 0.77 for 4, 0.81 for 20. `corrected` is
    divided by that, with the reliability of single ratings as the counting ones give it.

    Raises ValueError if the arrays' lengths differ, a score is not finite, an index is out of
    range, or a rater has two scores of one stimulus (give hidden repeats to `retest`).
    """
    values = np.asarray(scores, dtype=np.float64).reshape(-1)
    who = np.asarray(raters, dtype=np.int64).reshape(-1)
    what = np.asarray(stimuli, dtype=np.int64).reshape(-1)
    counts = np.ones(values.size) if counting is None else np.asarray(counting, dtype=np.float64)
    _check(values, who, what, size)
    _check_counting(values, counts)
    own = _unit(values)
    reliable = counts > 0
    reliability = reliability_of_ratings(own[reliable], who[reliable], what[reliable])
    count = sums(counts, what, 0)[what] - counts
    kept = count >= max(least_others, 1)
    others = (sums(own * counts, what, 0)[what] - own * counts)[kept] / count[kept]
    own, who = own[kept], who[kept]
    n = np.bincount(who, minlength=size)
    pearson = grouped_pearson(own, others, who, size)
    return InterRater(
        pearson,
        grouped_spearman(_tied(own), _tied(others), who, size),
        n,
        _mean_of(count[kept], who, n),
        corrected_correlation(pearson, reliability, _mean_of(1 / count[kept], who, n)),
    )


def _mean_of(values: Floats, groups: Integers, n: Integers) -> Floats:
    """Of each group; NaN of one without a value."""
    mean = np.full(n.size, np.nan)
    np.divide(sums(values, groups, n.size), n, out=mean, where=n > 0)
    return mean


def _unit(values: Floats) -> Floats:
    """On 0…1: whether there is any spread must not depend on the scale."""
    if not values.size:
        return values
    unit: Floats = (values - values.min()) / (float(np.ptp(values)) or 1.0)
    return unit


def _tied(values: Floats) -> Floats:
    tied: Floats = np.round(values, _TIE_DECIMALS)
    return tied


def _check_counting(values: Floats, counts: Floats) -> None:
    if counts.shape != values.shape:
        raise ValueError(f"{values.size} scores, but counting has the shape {counts.shape}")


def _check(values: Floats, who: Integers, what: Integers, size: int) -> None:
    if not values.size == who.size == what.size:
        raise ValueError(
            f"{values.size} scores, {who.size} raters and {what.size} stimuli; "
            "give one rater and one stimulus per score"
        )
    if not values.size:
        return
    if not np.isfinite(values).all():
        raise ValueError(f"score {int(np.argmin(np.isfinite(values)))} is not a finite number")
    if who.min() < 0 or who.max() >= size:
        raise ValueError(f"a rater lies outside 0…{size - 1}")
    if what.min() < 0:
        raise ValueError(f"stimulus {what.min()} is negative; number them from 0")
    order = np.lexsort((what, who))
    doubled = (np.diff(who[order]) == 0) & (np.diff(what[order]) == 0)
    if doubled.any():
        row = order[int(np.argmax(doubled))]
        raise ValueError(
            f"rater {who[row]} has two scores of stimulus {what[row]}; "
            "pass hidden repeats separately"
        )
