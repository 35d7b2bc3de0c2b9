"""Generators by their mean scores, with what is known of each mean, rank and difference.

A generator's mean is that of its images' mean scores. It rests on draws that are a sample: hold-out
and random audit. Images that a model acquired were chosen for their scores or their uncertainty,
and a mean of them says nothing about a generator; they count only if the probability of choosing
each image is known, weighted by its inverse (Hájek 1971).

If a model has predicted all images, the mean is prediction-powered: λ · (mean prediction of all
images) + mean(score − λ · prediction) of the sampled ones. It is unbiased whatever the model is
worth, and λ, the slope of score on prediction within generators, makes the variance least: PPI++
(Angelopoulos, Duchi and Zrnic, arXiv 2311.01453), where the labelled images are among all.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from ..correlation import Floats, Integers, sums
from ..methods.base import Votes
from .bootstrap import DRAWS
from .crossed import Crossed, crossed
from .holm import holm
from .means import GeneratorMeans, Images, counted

SAMPLE, WEIGHTED = "sample", "weighted"


@dataclass(frozen=True)
class LeaderboardRow:
    """One generator; on the scale of the votes.

    None with ratings of fewer than two prompts or two raters, or if all its scores are the same:
    nothing is known of its error.
    """

    generator: int
    #: Within the scale, as its interval: of few images, a correction by a model's errors may leave
    #: it. Ranks and differences are of the means as they are.
    mean: float | None
    standard_error: float | None
    #: 95 % interval, Student's t, within the scale.
    low: float | None
    high: float | None
    #: 1 is best. The interval holds the true rank with 95 % confidence.
    rank: int | None
    rank_low: int | None
    rank_high: int | None
    #: What the mean rests on, and how many images a model's predictions add (0 without).
    ratings: int
    images: int
    prompts: int
    raters: int
    predicted: int
    #: Ratings of acquired draws, which are left out.
    left_out: int


@dataclass(frozen=True)
class PairwiseDifference:
    """One generator's mean minus another's; on the scale of the votes."""

    first: int
    second: int
    difference: float
    standard_error: float
    #: 95 % interval of this difference alone.
    low: float
    high: float
    p_value: float
    #: Adjusted for all pairs of the leaderboard.
    p_holm: float
    #: The difference in pooled standard deviations of images' mean scores (Cohen's d).
    effect_size: float | None

    @property
    def significant(self) -> bool:
        """At 5 %, all pairs of the leaderboard considered."""
        return self.p_holm <= 0.05


@dataclass(frozen=True)
class Leaderboard:
    """All generators, the best first, and all pairs of those whose error is known."""

    citation: ClassVar[str] = (
        "Cameron, Gelbach and Miller 2011 (prompts and raters); Mogstad et al., Review of Economic "
        "Studies 91, 2024 (ranks); Holm 1979; Angelopoulos, Duchi and Zrnic, arXiv 2311.01453"
    )

    rows: tuple[LeaderboardRow, ...]
    pairs: tuple[PairwiseDifference, ...]
    #: "sample": hold-out and audit draws. "weighted": all, by inverse inclusion probability.
    basis: str
    #: λ, how far the predictions are relied on; None without predictions.
    slope: float | None
    draws: int
    seed: int


def leaderboard(
    votes: Votes, images: Images, sample: ArrayLike, *, draws: int = DRAWS, seed: int = 0
) -> Leaderboard:
    """Generators by `votes` on `images`, in the same order. sample: (R,), whether each vote comes
    from a draw that is a sample of the images (hold-out or audit). Labels without raters: number
    each as a rater of its own, and only prompts are taken to differ.

    Raises ComparisonError without a vote that is a sample, and with one prompt or one rater.
    """
    means = GeneratorMeans.of(votes, images, counted(votes, images, sample))
    errors = crossed(means.influences())
    known = _known(errors)
    ranks = _rank_intervals(means.value, errors, known, draws, seed)
    counts = _Counts.of(votes, means)
    rows = [
        _row(means, errors, ranks.get(place), counts, place, known=place in ranks)
        for place in _best_first(means.value)
    ]
    basis = SAMPLE if images.inclusion is None else WEIGHTED
    pairs = _pairs(means, errors, known)
    return Leaderboard(tuple(rows), pairs, basis, means.slope, draws, seed)


def group_means(votes: Votes, images: Images, sample: ArrayLike) -> tuple[LeaderboardRow, ...]:
    """The rows of a leaderboard without ranks, in the order of the numbers of `images.generator`,
    which may be any groups of images: of hundreds of them all pairs would take too long.

    Raises ComparisonError as `leaderboard` does.
    """
    means = GeneratorMeans.of(votes, images, counted(votes, images, sample))
    errors, counts = crossed(means.influences()), _Counts.of(votes, means)
    known = set(_known(errors).tolist())
    return tuple(
        _row(means, errors, None, counts, place, known=place in known)
        for place in range(images.generators)
    )


def _known(errors: Crossed) -> Integers:
    """The generators whose error is known."""
    known = (errors.prompts > 1) & (errors.raters > 1) & (np.diag(errors.covariance) > 0)
    return np.flatnonzero(known)


def _best_first(values: Floats) -> Integers:
    """Places of (G,) means; those without one come last."""
    return np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")


@dataclass(frozen=True)
class _Contrast:
    """A mean or a difference of means: its estimate, its error, and how well that is known."""

    estimate: float
    standard_error: float
    degrees: float

    @classmethod
    def of(cls, values: Floats, errors: Crossed, weights: dict[int, float]) -> Self:
        contrast = np.zeros(values.size)
        contrast[list(weights)] = list(weights.values())
        variance = float(contrast @ errors.covariance @ contrast)
        estimate = sum(weight * float(values[place]) for place, weight in weights.items())
        return cls(estimate, math.sqrt(max(variance, 0)), errors.degrees(contrast))

    @property
    def ends(self) -> tuple[float, float]:
        half = float(stats.t.ppf(0.975, self.degrees)) * self.standard_error
        return self.estimate - half, self.estimate + half

    def within(self, limits: tuple[float, float]) -> tuple[float, float]:
        """The ends of the interval of a mean, which lies on a scale from `limits[0]` to
        `limits[1]`."""
        low, high = self.ends
        return max(low, limits[0]), min(high, limits[1])

    @property
    def p_value(self) -> float:
        """Two-sided; 1 for two means that can only move together and are equal."""
        if not self.standard_error:
            return float(self.estimate == 0)
        return 2 * float(stats.t.sf(abs(self.estimate) / self.standard_error, self.degrees))


@dataclass(frozen=True)
class _Counts:
    """What each generator's mean rests on, (G,) each."""

    ratings: Integers
    images: Integers
    predicted: Integers
    left_out: Integers

    @classmethod
    def of(cls, votes: Votes, means: GeneratorMeans) -> Self:
        generator = means.images.generator

        def each(stimuli: Integers) -> Integers:
            return np.bincount(generator[stimuli], minlength=means.images.generators)

        all_images = each(np.arange(generator.size))
        return cls(
            each(means.stimulus),
            each(np.flatnonzero(np.isfinite(means.scores))),
            all_images if means.slope is not None else np.zeros_like(all_images),
            each(votes.stimulus[~means.used]),
        )


def _row(
    means: GeneratorMeans,
    errors: Crossed,
    ranks: tuple[int, int, int] | None,
    counts: _Counts,
    place: int,
    *,
    known: bool,
) -> LeaderboardRow:
    """known: whether its error is."""
    value = float(means.value[place])
    error = _Contrast.of(means.value, errors, {place: 1.0}) if known else None
    low, high = error.within(means.scale.ends) if error else (None, None)
    rank, best, worst = ranks or (None, None, None)
    return LeaderboardRow(
        int(place),
        None if math.isnan(value) else float(np.clip(value, *means.scale.ends)),
        error.standard_error if error else None,
        low,
        high,
        rank=rank,
        rank_low=best,
        rank_high=worst,
        ratings=int(counts.ratings[place]),
        images=int(counts.images[place]),
        prompts=int(errors.prompts[place]),
        raters=int(errors.raters[place]),
        predicted=int(counts.predicted[place]),
        left_out=int(counts.left_out[place]),
    )


def _pairs(
    means: GeneratorMeans, errors: Crossed, known: Integers
) -> tuple[PairwiseDifference, ...]:
    """Of all pairs of `known`, each the better one minus the worse."""
    ordered = known[_best_first(means.value[known])].tolist()
    chosen = [(a, b) for place, a in enumerate(ordered) for b in ordered[place + 1 :]]
    found = [_Contrast.of(means.value, errors, {a: 1.0, b: -1.0}) for a, b in chosen]
    adjusted = holm(np.array([contrast.p_value for contrast in found]))
    spreads = _Spreads.of(means)
    return tuple(
        PairwiseDifference(
            a,
            b,
            contrast.estimate,
            contrast.standard_error,
            *contrast.ends,
            p_value=contrast.p_value,
            p_holm=float(p_holm),
            effect_size=spreads.effect(contrast.estimate, a, b),
        )
        for (a, b), contrast, p_holm in zip(chosen, found, adjusted, strict=True)
    )


@dataclass(frozen=True)
class _Spreads:
    """Squares of images' mean scores about their generator's, and their degrees of freedom."""

    squares: Floats
    degrees: Integers

    @classmethod
    def of(cls, means: GeneratorMeans) -> Self:
        rated = np.isfinite(means.scores)
        groups, size = means.images.generator[rated], means.images.generators
        n = np.bincount(groups, minlength=size)
        own = means.scores[rated]
        about = own - (sums(own, groups, size) / np.maximum(n, 1))[groups]
        return cls(sums(about**2, groups, size), n - 1)

    def effect(self, difference: float, a: int, b: int) -> float | None:
        degrees = int(self.degrees[a] + self.degrees[b])
        squares = float(self.squares[a] + self.squares[b])
        return difference / math.sqrt(squares / degrees) if degrees > 0 and squares > 0 else None


def _rank_intervals(
    values: Floats, errors: Crossed, known: Integers, draws: int, seed: int
) -> dict[int, tuple[int, int, int]]:
    """Rank and its 95 % interval of each of `known`, by place.

    The best rank that a generator may have is one more than the number of those that are certainly
    better, the worst one likewise: certain is a difference beyond the 95 % point, over the draws,
    of its largest standardised error among all others (Mogstad et al. 2024). Percentiles of drawn
    ranks would cover far too rarely where generators are equally good.
    """
    ordered = known[_best_first(values[known])]
    covariance = errors.covariance[np.ix_(ordered, ordered)]
    spread = np.diag(covariance)
    error = np.sqrt(np.maximum(spread[:, None] + spread - 2 * covariance, 0))
    drawn = errors.draws(draws, seed)[:, ordered] * _heavy_tails(errors, ordered, draws, seed)
    found = {}
    for place, generator in enumerate(ordered.tolist()):
        others = np.flatnonzero(error[place] > 0)
        above, below = _certain(
            values[ordered[others]] - values[generator],
            drawn[:, others] - drawn[:, [place]],
            error[place, others],
        )
        found[generator] = (place + 1, 1 + above, ordered.size - below)
    return found


def _certain(difference: Floats, drawn: Floats, error: Floats) -> tuple[int, int]:
    """How many of the others (K,) are certainly better, and how many certainly worse."""
    if not error.size:
        return 0, 0
    critical = np.quantile((np.abs(drawn) / error).max(axis=1), 0.95)
    return int((difference > critical * error).sum()), int((-difference > critical * error).sum())


def _heavy_tails(errors: Crossed, known: Integers, draws: int, seed: int) -> Floats:
    """(draws, 1): factors that give normal errors Student's tails: √(ν / χ²)."""
    degrees = min(
        (errors.degrees(np.eye(errors.raters.size)[place]) for place in known), default=1.0
    )
    chi_squared = np.random.default_rng([seed, 1]).chisquare(degrees, draws)
    return np.sqrt(degrees / chi_squared)[:, None]
