"""Votes as levels, not as numbers: what rounding and the ends of the scale do to them is modelled.

A rater's opinion is y = θ_j + b_i + σ_i ε, with the priors of `subject_map`; the vote is the level
nearest to it, the lowest or highest if it lies beyond: P(x ≤ k) = Φ((c_k − θ_j − b_i) / σ_i), the
cumulative probit, with thresholds c_k midway between the levels. In each rater's own units the
thresholds (c_k − b_i) / σ_i have a place and a distance of their own; that they are even is
assumed. θ has a weak prior around the middle of the scale, its standard deviation as wide as the
scale, without which θ would be infinite where all votes are at an end.

The score is what a rater of the population would vote on average:
E_j = Σ_k level_k · P(x = k), for a rater with b ~ N(0, τ²) and the usual σ; so it stays on the
scale. Its interval is that of θ, led through E: it stays on the scale and is not symmetric.

**Fit.** EM: y is replaced by its mean and variance given the vote (a truncated normal), then a
round of the subject model. At last θ given the raters, by Newton's method. A slider's votes go to
the nearest of its levels; with that many, only its ends matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import ndtr

from workbench.core.texts import gettext_noop

from .base import METHODS, Estimates, Floats, ScaleLimits, Subjects, Votes
from .graph import graph_notes
from .intervals import Limits, quantile_975
from .means import weighted_means
from .subject_model import SubjectModel, times_voted

#: Rounds end when no σ² changes by more than this share of itself.
_TOLERANCE = 1e-4
_MOST_ROUNDS = 100
_SOLVED = 1e-6
#: Newton's steps for θ, which end when none is larger than this share of the scale.
_STEPS = 40
_STANDS = 1e-11
#: No vote is taken to lie further from what was expected: the tail of the normal would underflow.
_FURTHEST = 25.0


@dataclass(frozen=True)
class OrdinalParameters:
    """How many votes the prior on a rater's inconsistency is worth."""

    prior_votes: float = 10.0


class Ordinal:
    """Cumulative probit with a shift and a scale per rater; see the module."""

    name = "ordinal"
    label = gettext_noop("Ordinal model (cumulative probit with thresholds per rater)")
    version = "1"
    citation = (
        "McCullagh, “Regression models for ordinal data”, Journal of the Royal Statistical "
        "Society B 42 (1980); Liddell and Kruschke, “Analyzing ordinal data with metric models”, "
        "Journal of Experimental Social Psychology 79 (2018)"
    )
    parameters: ClassVar[type[OrdinalParameters]] = OrdinalParameters

    def limits(self, scale: ScaleLimits, parameters: OrdinalParameters) -> Limits:
        return scale.ends

    def estimate(self, votes: Votes, parameters: OrdinalParameters) -> Estimates:
        model = SubjectModel(votes, parameters.prior_votes, _hold(votes.scale))
        cells = _Cells.of(votes)
        for _ in range(_MOST_ROUNDS):
            expected = model.quality[votes.stimulus] + model.bias[votes.subject]
            mean, variance = cells.moments(expected, np.sqrt(model.variance)[votes.subject])
            model.observe(mean, variance)
            model.solve(_SOLVED)
            if model.spread() < _TOLERANCE:
                break
        return _scored(votes, model.subjects(), model.common(), graph_notes(votes))

    def rescore(
        self,
        votes: Votes,
        parameters: OrdinalParameters,
        subjects: Subjects,
        common: Mapping[str, float],
    ) -> Estimates:
        return _scored(votes, subjects, common, ())


def _hold(scale: ScaleLimits) -> float:
    """The precision of the prior on θ."""
    return 1 / (scale.maximum - scale.minimum) ** 2


@dataclass(frozen=True)
class _Cells:
    """Between which thresholds each vote's y lies, (R,), relative to the middle of the scale."""

    low: Floats
    high: Floats
    step: float

    @classmethod
    def of(cls, votes: Votes) -> "_Cells":
        scale = votes.scale
        level = scale.level_of(votes.score)
        step = (scale.maximum - scale.minimum) / (scale.levels - 1)
        at = (level - (scale.levels - 1) / 2) * step
        low = np.where(level == 0, -np.inf, at - step / 2)
        high = np.where(level == scale.levels - 1, np.inf, at + step / 2)
        return cls(low, high, step)

    def moments(self, expected: Floats, sigma: Floats) -> tuple[Floats, Floats]:
        """Mean and variance of y ~ N(expected, σ²), given that it lies in its cell; (R,)."""
        scale = np.maximum(sigma, self.step / 20)
        near = np.clip(expected, self.low - _FURTHEST * scale, self.high + _FURTHEST * scale)
        low, high = (self.low - near) / scale, (self.high - near) / scale
        # In the upper tail ndtr loses its digits; the lower one is its mirror image.
        mirrored = low > 0
        low, high = np.where(mirrored, -high, low), np.where(mirrored, -low, high)
        inside = ndtr(high) - ndtr(low)
        at_low, at_high = _density(low), _density(high)
        mean = (at_low - at_high) / inside
        # At an open end the density is 0, whatever it is multiplied by.
        edges = (
            np.where(np.isinf(low), 0, low) * at_low - np.where(np.isinf(high), 0, high) * at_high
        )
        variance = np.clip(1 + edges / inside - mean**2, 0, 1)
        return near + np.where(mirrored, -mean, mean) * scale, variance * scale**2


def _finite(z: Floats) -> Floats:
    return np.where(np.isinf(z), 0.0, z)


def _density(z: Floats) -> Floats:
    found: Floats = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return found


def _scored(
    votes: Votes, subjects: Subjects, common: Mapping[str, float], notes: tuple[str, ...]
) -> Estimates:
    """Images given raters; a rater that the fit did not know has no bias and the usual σ."""
    usual = common["inconsistency"]
    sigma = np.where(np.isnan(subjects.inconsistency), usual, subjects.inconsistency)
    bias = np.nan_to_num(subjects.bias)
    theta, information = _latent(votes, bias[votes.subject], sigma[votes.subject])
    plain = weighted_means(votes.score, votes.stimulus, votes.stimuli, votes.weight)
    variance = np.where(plain.n > 0, 1 / information + common["panel"], np.nan)
    theta = np.where(plain.n > 0, theta, np.nan)
    wide = quantile_975(plain.n) * np.sqrt(variance)
    across = float(np.hypot(usual, common["bias_sd"]))
    value, slope = _expected(theta, across, votes.scale)
    return Estimates(
        value=value,
        standard_error=slope * np.sqrt(variance),
        low=_expected(theta - wide, across, votes.scale)[0],
        high=_expected(theta + wide, across, votes.scale)[0],
        sd=plain.sd,
        n=plain.n,
        mean=plain.mean,
        counts=votes.counts(),
        subjects=subjects,
        notes=notes,
        common=common,
    )


def _latent(votes: Votes, bias: Floats, sigma: Floats) -> tuple[Floats, Floats]:
    """θ, relative to the middle of the scale, and its information, (S,); bias, sigma: (R,)."""
    cells, hold = _Cells.of(votes), _hold(votes.scale)
    weight = votes.weight / times_voted(votes) / sigma**2
    stimulus, size = votes.stimulus, votes.stimuli
    theta: Floats = np.zeros(size)
    furthest = votes.scale.maximum - votes.scale.minimum
    for _ in range(_STEPS):
        expected = theta[stimulus] + bias
        mean, variance = cells.moments(expected, sigma)
        known = np.clip(1 - variance / sigma**2, 1e-6, 1)
        slope = np.bincount(stimulus, weight * (mean - expected), size) - hold * theta
        seen = np.bincount(stimulus, weight * known, size)
        information: Floats = np.asarray(seen + hold, dtype=np.float64)
        change = np.clip(slope / information, -furthest / 4, furthest / 4)
        theta += change
        if np.abs(change).max(initial=0.0) < _STANDS * furthest:
            break
    return theta, information


def _expected(theta: Floats, sigma: float, scale: ScaleLimits) -> tuple[Floats, Floats]:
    """What is voted on average, and its slope by θ, (S,), by raters who scatter by σ."""
    step = (scale.maximum - scale.minimum) / (scale.levels - 1)
    thresholds = (np.arange(scale.levels - 1) - (scale.levels - 2) / 2) * step
    value, slope = np.full_like(theta, scale.minimum), np.zeros_like(theta)
    for threshold in thresholds:
        above = (theta - threshold) / sigma
        value += step * ndtr(above)
        slope += step * _density(above) / sigma
    return value, slope


METHODS.register(Ordinal())
