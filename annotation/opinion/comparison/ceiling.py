"""The noise ceiling: what a perfect predictor would reach against labels that are noisy.

A perfect predictor gives each image its true score T; the label M is the mean of few people. People
are split into two halves at random. Their errors are independent, so the covariance of the halves'
means over images is the variance of T, whatever the halves' sizes: no Spearman–Brown formula, which
takes halves to be alike and every image to have as many ratings. The PLCC of T with M is then
√(cov(A, B) / var(M)) (Spearman 1904: attenuation), and its SRCC that of a normal pair with this
PLCC, 6/π · asin(r/2) (Pearson 1907).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from ..correlation import MINIMUM_FOR_CORRELATION, Floats, Integers
from ..methods.base import Votes
from .bootstrap import DRAWS, ClusterDraws, Measure
from .errors import ComparisonError, places

SPLITS = 50


@dataclass(frozen=True)
class NoiseCeiling:
    """The agreement with these labels that no predictor can be expected to exceed.

    95 % intervals: percentiles over draws of whole prompts. None: the labels do not vary by more
    than their noise.
    """

    citation: ClassVar[str] = (
        "Spearman, Am. J. Psychology 15, 1904 (attenuation); Lage-Castellanos et al., "
        "PLoS Comput. Biol. 15(3), 2019 (noise ceiling)"
    )

    #: Images with ratings, and those rated by two people or more.
    images: int
    compared: int
    splits: int
    plcc: Measure | None
    srcc: Measure | None
    #: Mean PLCC between the means of two halves of the people.
    between_halves: Measure | None


def noise_ceiling(
    votes: Votes,
    *,
    prompt: ArrayLike | None = None,
    splits: int = SPLITS,
    draws: int = DRAWS,
    seed: int = 0,
) -> NoiseCeiling:
    """Of labels that are the plain means of `votes`. prompt (S,): the prompt of each image;
    without it, each is drawn by itself.

    Raises ComparisonError if fewer than three images have ratings of two people.
    """
    clusters = np.arange(votes.stimuli) if prompt is None else prompt
    known = places(clusters, "prompt", votes.stimuli)
    compared = int((_people(votes) > 1).sum())
    if compared < MINIMUM_FOR_CORRELATION:
        raise ComparisonError(
            f"{compared} images have ratings of two people or more; a noise ceiling needs three"
        )
    rated = np.bincount(votes.stimulus, minlength=votes.stimuli) > 0
    terms = _terms(votes, splits, seed)[rated]
    sample = ClusterDraws(known[rated], draws, seed)
    value, halves = _correlations(terms.sum(axis=0, keepdims=True))
    drawn, drawn_halves = _correlations(sample.sums(terms))
    ceiling = _number(value)
    return NoiseCeiling(
        int(rated.sum()),
        compared,
        splits,
        plcc=sample.measured(ceiling, drawn),
        srcc=sample.measured(None if ceiling is None else float(_ranked(ceiling)), _ranked(drawn)),
        between_halves=sample.measured(_number(halves), drawn_halves),
    )


def _people(votes: Votes) -> Integers:
    """How many different people rated each image, (S,)."""
    cells = np.unique(votes.stimulus * votes.subjects + votes.subject)
    return np.bincount(cells // votes.subjects, minlength=votes.stimuli)


def _terms(votes: Votes, splits: int, seed: int) -> Floats:
    """What covariances are sums of, (S, 3 + 6 · splits): of the label 1, m, m²; of each split, if
    both halves rated the image, 1, a, b, ab, a², b²."""
    shape = (votes.stimuli, votes.subjects)
    cells = (votes.stimulus, votes.subject)
    # About the mean: squares of large numbers would cancel.
    centred = votes.score - votes.score.mean()
    scores = sparse.csr_array((centred, cells), shape)
    ones = sparse.csr_array((np.ones_like(votes.score), cells), shape)
    side = _sides(votes.subjects, splits, seed)
    total = np.bincount(votes.stimulus, centred, votes.stimuli)
    n = np.bincount(votes.stimulus, minlength=votes.stimuli)
    total_a, n_a = np.asarray(scores @ side), np.asarray(ones @ side)
    both = (n_a > 0) & (n_a < n[:, None])
    a = np.divide(total_a, n_a, out=np.zeros_like(total_a), where=both)
    b = np.divide(total[:, None] - total_a, n[:, None] - n_a, out=np.zeros_like(a), where=both)
    label = np.divide(total, n, out=np.zeros_like(total), where=n > 0)
    own = np.stack([n > 0, label, label**2], axis=1)
    return np.concatenate([own, both, a, b, a * b, a * a, b * b], axis=1)


def _sides(people: int, splits: int, seed: int) -> Floats:
    """1 for the half of the people that is drawn in each split, else 0, (people, splits)."""
    order = np.random.default_rng(seed).random((people, splits)).argsort(axis=0)
    return (order < people // 2).astype(np.float64)


def _correlations(sums: Floats) -> tuple[Floats, Floats]:
    """The ceiling's PLCC and the mean one between halves, (b,), of sums of terms (b, 3 + 6K)."""
    n, m, mm = sums[:, :3].T
    # A split in which no image was rated by both halves says nothing.
    with np.errstate(invalid="ignore", divide="ignore"):
        count, a, b, ab, aa, bb = np.split(sums[:, 3:], 6, axis=1)
        shared = ab / count - a * b / count**2
        spreads = np.sqrt((aa / count - (a / count) ** 2) * (bb / count - (b / count) ** 2))
        label = mm / n - (m / n) ** 2
        ratio = _mean(shared) / np.where(label > 0, label, np.nan)
        return np.sqrt(np.clip(ratio, 0, 1)), _mean(shared / np.where(spreads > 0, spreads, np.nan))


def _mean(values: Floats) -> Floats:
    """Over the splits in which it is known, (b,)."""
    known = np.isfinite(values)
    n = known.sum(axis=1)
    total = np.where(known, values, 0).sum(axis=1)
    mean: Floats = np.divide(total, n, out=np.full(n.shape, np.nan), where=n > 0)
    return mean


def _ranked(plcc: ArrayLike) -> Floats:
    """The SRCC of a normal pair with this PLCC."""
    found: Floats = 6 / np.pi * np.arcsin(np.asarray(plcc, dtype=np.float64) / 2)
    return found


def _number(value: Floats) -> float | None:
    """None also of a ceiling of 0: the halves do not agree at all."""
    return float(value[0]) if np.isfinite(value[0]) and value[0] != 0 else None
