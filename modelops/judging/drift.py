"""Drift: whether images that came later are like those that a version learnt from.

By scores: the two-sample Kolmogorov–Smirnov distance of what the version expects. By embeddings:
how many of the new images are farther from their nearest training image than nearly all training
images are from theirs. Both have a p-value; a verdict takes a difference that is certain and large
enough to matter, because with thousands of images everything is certain.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from annotation.opinion.correlation import Floats

from .errors import JudgingError

#: On fewer new or training images nothing is said.
FEWEST = 20
#: Level of all tests of one verdict together, and the differences that matter: of the distribution
#: functions, and the share of strange images, of whom `EXPECTED_STRANGE` are expected.
LEVEL = 0.01
SCORES_MATTER, STRANGE_MATTERS, EXPECTED_STRANGE = 0.2, 0.05, 0.01
#: Images that are compared by their embeddings; more are sampled, evenly over all.
MOST = 2000


@dataclass(frozen=True)
class ScoreDrift:
    """One perspective: the largest difference of the distribution functions, 0…1."""

    perspective: str
    distance: float
    p_value: float
    drifts: bool


@dataclass(frozen=True)
class StrangeImages:
    """Embeddings: the share of new images like no training image. strange: their places, the
    strangest first."""

    share: float
    p_value: float
    drifts: bool
    strange: tuple[int, ...]


@dataclass(frozen=True)
class Drift:
    """What is found of `new` images against `learnt` ones; None and empty on too few of either."""

    new: int
    learnt: int
    scores: tuple[ScoreDrift, ...]
    images: StrangeImages | None

    @property
    def enough(self) -> bool:
        return min(self.new, self.learnt) >= FEWEST

    @property
    def drifts(self) -> bool:
        by_look = self.images is not None and self.images.drifts
        return by_look or any(found.drifts for found in self.scores)


def find_drift(
    learnt: Mapping[str, ArrayLike],
    new: Mapping[str, ArrayLike],
    learnt_embeddings: ArrayLike | None = None,
    new_embeddings: ArrayLike | None = None,
) -> Drift:
    """Expected scores of both sets by perspective, and their embeddings (N, D) and (M, D) if known.

    Raises JudgingError for an embedding or score that is not a finite number.
    """
    scores = {key: (_finite(key, learnt[key]), _finite(key, new[key])) for key in learnt}
    counts = [min((pair[side].size for pair in scores.values()), default=0) for side in (0, 1)]
    if min(counts) < FEWEST:
        return Drift(counts[1], counts[0], (), None)
    found = [_scores(key, *pair, tests=len(scores)) for key, pair in scores.items()]
    images = None
    if learnt_embeddings is not None and new_embeddings is not None:
        known, later = (_finite("embedding", it) for it in (learnt_embeddings, new_embeddings))
        if min(len(known), len(later)) >= FEWEST:
            images = _images(known, later)
    return Drift(counts[1], counts[0], tuple(found), images)


def _finite(name: str, values: ArrayLike) -> Floats:
    found = np.asarray(values, dtype=np.float64)
    if not np.isfinite(found).all():
        row = int(np.argmin(np.isfinite(found.reshape(len(found), -1)).all(axis=1)))
        raise JudgingError(f"{name} {row} is not a finite number")
    return found


def _scores(key: str, learnt: Floats, new: Floats, tests: int) -> ScoreDrift:
    found = stats.ks_2samp(learnt, new, method="asymp")
    distance, p = float(found.statistic), float(found.pvalue)
    return ScoreDrift(key, distance, p, p < LEVEL / tests and distance > SCORES_MATTER)


def _images(learnt: Floats, new: Floats) -> StrangeImages:
    known, later = _sampled(learnt), _sampled(new)
    centre, spread = learnt[known].mean(axis=0), learnt[known].std(axis=0)
    kept = spread > 0
    base, others = (
        (it[:, kept] - centre[kept]) / spread[kept] for it in (learnt[known], new[later])
    )
    usual = np.quantile(_nearest(base, base, itself=True), 1 - EXPECTED_STRANGE)
    apart = _nearest(others, base)
    far = apart > usual
    p = float(stats.binomtest(int(far.sum()), far.size, EXPECTED_STRANGE, "greater").pvalue)
    share = float(far.mean())
    order = later[np.argsort(-apart, kind="stable")[: int(far.sum())]]
    drifts = p < LEVEL and share > STRANGE_MATTERS
    return StrangeImages(share, p, drifts, tuple(order.tolist()))


def _sampled(rows: Floats) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Places of at most `MOST` rows."""
    return np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST)).astype(np.int64))


def _nearest(points: Floats, others: Floats, *, itself: bool = False) -> Floats:
    """The distance of each point to the nearest of `others`, which it is one of if `itself`."""
    squared = (points**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * (points @ others.T)
    if itself:
        np.fill_diagonal(squared, np.inf)
    found: Floats = np.sqrt(np.maximum(squared.min(axis=1), 0))
    return found
