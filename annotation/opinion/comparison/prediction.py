"""Predicted against measured scores, with intervals that know of prompts."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..correlation import (
    MINIMUM_FOR_CORRELATION,
    Floats,
    Integers,
    grouped_spearman,
)
from .bootstrap import DRAWS, ClusterDraws, Measure, pearson_draws, spearman_draws
from .errors import ComparisonError, finite, places
from .mapping import FREEDOM, Mapping, cubic, logistic
from .measures import NORMAL_95, defined, krcc, plcc, srcc
from .pairs import MOST_DRAWN_PAIRS, Areas, areas, kendall_draws, pairs_of


@dataclass(frozen=True)
class MeasuredScores:
    """What people said of N images, on any one scale: all (N,)."""

    mos: Floats
    #: Standard error, and ends of the 95 % interval, of each; None if not known.
    standard_error: Floats | None
    low: Floats | None
    high: Floats | None
    #: Numbers from 0. Without prompts each image is drawn by itself.
    prompt: Integers
    generator: Integers | None

    @classmethod
    def of(
        cls,
        mos: ArrayLike,
        *,
        standard_error: ArrayLike | None = None,
        low: ArrayLike | None = None,
        high: ArrayLike | None = None,
        prompt: ArrayLike | None = None,
        generator: ArrayLike | None = None,
    ) -> Self:
        """Raises ComparisonError naming what cannot be compared."""
        scores = finite(mos, "measured score")
        if (low is None) != (high is None):
            raise ComparisonError("an interval needs both ends; give low and high, or neither")

        def known(values: ArrayLike | None, name: str) -> Floats | None:
            return None if values is None else finite(values, name, scores.size)

        return cls(
            scores,
            known(standard_error, "standard error"),
            known(low, "lower end"),
            known(high, "upper end"),
            np.arange(scores.size) if prompt is None else places(prompt, "prompt", scores.size),
            None if generator is None else places(generator, "generator", scores.size),
        )


@dataclass(frozen=True)
class MappedAgreement:
    """Agreement after one mapping; on the scale of the measured scores."""

    citation: ClassVar[str] = "ITU-T P.1401 (2020), sections 7.5 and 7.6"

    mapping: Mapping
    plcc: Measure | None
    #: √(Σe² / (N − 4)).
    rmse: Measure
    #: The same of what each prediction misses its image's 95 % interval by; None without intervals.
    rmse_star: Measure | None
    #: Share of predictions outside that interval. Its own interval is Wilson's, of as many
    #: independent images as the prompts are worth; never of width 0.
    outlier_ratio: Measure | None


@dataclass(frozen=True)
class PredictionComparison:
    """Agreement of predictions with measured scores on N images.

    95 % intervals: percentiles over draws of whole prompts. A mapping is fitted once and kept in
    the draws. None: not defined on these images.
    """

    citation: ClassVar[str] = (
        "ITU-T P.1401 (2020); Krasula et al., QoMEX 2016; Davison and Hinkley 1997, section 3.8"
    )

    images: int
    prompts: int
    draws: int
    seed: int
    srcc: Measure | None
    krcc: Measure | None
    #: Of the predictions themselves, without a mapping; √(Σe² / N).
    plcc: Measure | None
    rmse: Measure
    #: None with fewer than six images, or if one side is constant.
    logistic: MappedAgreement | None
    cubic: MappedAgreement | None
    #: Krasula's areas; None without standard errors.
    auc_different: Measure | None
    auc_better: Measure | None
    #: The mean SRCC within one generator (one prompt), weighted by its images less one; groups of
    #: fewer than three images, and constant ones, do not count.
    srcc_within_generator: Measure | None
    srcc_within_prompt: Measure | None
    #: The SRCC of each generator's images, by its number; empty without generators.
    srcc_by_generator: tuple[Measure | None, ...]


def compare_predictions(
    predicted: ArrayLike, measured: MeasuredScores, *, draws: int = DRAWS, seed: int = 0
) -> PredictionComparison:
    """All measures of `predicted` (N,), on the scale of the measured scores.

    Raises ComparisonError with fewer than three images, or a prediction that is not finite.
    """
    x = finite(predicted, "prediction", measured.mos.size)
    if x.size < MINIMUM_FOR_CORRELATION:
        raise ComparisonError(f"{x.size} images cannot be compared; give three or more")
    y, sample = measured.mos, ClusterDraws(measured.prompt, draws, seed)
    areas_found = _areas(sample, x, measured, seed)
    within_generator, by_generator = _within_generator(sample, x, measured)
    return PredictionComparison(
        x.size,
        sample.size,
        draws,
        seed,
        srcc=sample.measured(srcc(x, y), spearman_draws(sample, x, y)),
        krcc=_krcc(sample, x, y, seed),
        plcc=sample.measured(plcc(x, y), pearson_draws(sample, x, y)),
        rmse=_root(sample, x - y, 0),
        logistic=_mapped(sample, logistic, x, measured),
        cubic=_mapped(sample, cubic, x, measured),
        auc_different=areas_found.different,
        auc_better=areas_found.better,
        srcc_within_generator=within_generator,
        srcc_within_prompt=_within_prompt(sample, x, measured),
        srcc_by_generator=by_generator,
    )


def _krcc(sample: ClusterDraws, x: Floats, y: Floats, seed: int) -> Measure | None:
    pairs = pairs_of(x.size, MOST_DRAWN_PAIRS, seed)
    return sample.measured(krcc(x, y), kendall_draws(sample, x, y, pairs))


def _root(sample: ClusterDraws, error: Floats, freedom: int) -> Measure:
    """√(Σe² / (N − freedom)) of errors (N,), as often as each image was drawn."""
    squares, n = sample.sums(np.stack([error**2, np.ones_like(error)], axis=1)).T
    left = np.where(n > freedom, n - freedom, np.nan)
    value = math.sqrt(float((error**2).sum()) / (error.size - freedom))
    return sample.interval(value, np.sqrt(squares / left))


def _areas(sample: ClusterDraws, x: Floats, measured: MeasuredScores, seed: int) -> Areas:
    if measured.standard_error is None or not defined(x, measured.mos):
        return Areas(None, None)
    return areas(sample, x, measured.mos, measured.standard_error, seed)


def _mapped(
    sample: ClusterDraws,
    fit: Callable[[Floats, Floats], Mapping],
    x: Floats,
    measured: MeasuredScores,
) -> MappedAgreement | None:
    y = measured.mos
    if x.size <= FREEDOM + 1 or not defined(x, y):
        return None
    mapping = fit(x, y)
    beyond = _beyond(mapping.mapped, measured)
    return MappedAgreement(
        mapping,
        sample.measured(plcc(mapping.mapped, y), pearson_draws(sample, mapping.mapped, y)),
        _root(sample, mapping.mapped - y, FREEDOM),
        None if beyond is None else _root(sample, beyond, FREEDOM),
        None if beyond is None else _outliers(sample, beyond > 0),
    )


def _beyond(mapped: Floats, measured: MeasuredScores) -> Floats | None:
    """By how much each prediction lies outside its image's interval, (N,)."""
    if measured.low is None or measured.high is None:
        return None
    return np.maximum(np.maximum(measured.low - mapped, mapped - measured.high), 0)


def _outliers(sample: ClusterDraws, outside: NDArray[np.bool_]) -> Measure:
    """Wilson's interval for the share (N,) that lie outside, of N over the design effect images:
    the variance over prompts in units of that of independent images (Kish, Survey Sampling)."""
    n, share = outside.size, float(outside.mean())
    if not sample.enough:
        return Measure(share, None, None)
    deviations = np.bincount(sample.cluster, outside - share, sample.size)
    between = float((deviations**2).sum()) * sample.size / (sample.size - 1)
    effect = max(between / (n * share * (1 - share)), 1.0) if 0 < share < 1 else 1.0
    low, high = wilson(share, n / effect)
    return Measure(share, low, high)


def wilson(share: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share among `n` independent cases, n > 0."""
    extra = NORMAL_95**2 / n
    centre = share + extra / 2
    half = NORMAL_95 * math.sqrt(share * (1 - share) / n + extra / n / 4)
    return max((centre - half) / (1 + extra), 0.0), min((centre + half) / (1 + extra), 1.0)


def _within_generator(
    sample: ClusterDraws, x: Floats, measured: MeasuredScores
) -> tuple[Measure | None, tuple[Measure | None, ...]]:
    """The mean, and each generator's own; prompts without its images say nothing of it."""
    if measured.generator is None:
        return None, ()
    groups, size = measured.generator, int(measured.generator.max()) + 1
    own = grouped_spearman(x, measured.mos, groups, size)
    value, weight = _mean_within(own, groups)
    each: list[Measure | None] = [None] * size
    total = np.zeros(sample.draws)
    for group in np.flatnonzero(weight):
        images = np.flatnonzero(groups == group)
        drawn = spearman_draws(sample, x, measured.mos, images)
        total += weight[group] * drawn
        several = np.ptp(sample.cluster[images]) > 0
        found = float(own[group])
        each[group] = sample.interval(found, drawn) if several else Measure(found, None, None)
    return sample.measured(value, total / weight.sum()) if value is not None else None, tuple(each)


def _within_prompt(sample: ClusterDraws, x: Floats, measured: MeasuredScores) -> Measure | None:
    size = int(measured.prompt.max()) + 1
    own = grouped_spearman(x, measured.mos, measured.prompt, size)
    value, weight = _mean_within(own, measured.prompt)
    if value is None:
        return None
    own = np.nan_to_num(own)
    drawn = ClusterDraws(np.arange(size)[weight > 0], sample.draws, sample.seed)
    found = drawn.sums(np.stack([own * weight, weight], axis=1)[weight > 0])
    return drawn.measured(value, found[:, 0] / found[:, 1])


def _mean_within(own: Floats, groups: Integers) -> tuple[float | None, Floats]:
    """The mean of the groups' SRCCs `own` (size,), and what each group weighs in it, (size,): its
    images less one, 0 where it has none."""
    weight = np.where(np.isnan(own), 0.0, np.bincount(groups, minlength=own.size) - 1.0)
    if not weight.any():
        return None, weight
    return float(np.nansum(own * weight) / weight.sum()), weight
