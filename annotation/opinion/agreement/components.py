"""Variance components of ratings by REML: how much of a rating is the image's, the rater's, chance.

Model: score = mean + stimulus + subject + residual, the last three random and independent
(Patterson and Thompson 1971, Biometrika 58:545). Nothing is deleted: any sparse design will do.
Maximised from Henderson's moments by Newton steps on the average information (Gilmour, Thompson
and Cullis 1995, Biometrics 51:1440). 100,000 stimuli by 2,000 subjects with ten ratings of each
take a few seconds.
"""

from dataclasses import dataclass

import numpy as np

from .base import AgreementError, Floats, Integers, Votes, first_votes, renumbered, taken
from .mixed_model import Design, Fit
from .two_way import EXACT, QUICK, Factors, Moments, henderson

CITATION = (
    "REML: Patterson and Thompson (1971), Biometrika 58:545; "
    "Gilmour, Thompson and Cullis (1995), Biometrics 51:1440"
)
#: Levels of the smaller factor; with more, stimuli are drawn.
MOST_DENSE = 2500
#: Products for one elimination; with more, stimuli are drawn.
_MOST_PRODUCTS = 1e9
#: A component below this share of the variance of all ratings is none.
_NONE = 1e-7
#: One below this share may be none.
_SMALL = 0.02
_MOST_STEPS = 60
#: The maximum is found when a step raises the likelihood's logarithm by less.
_CONVERGED = 1e-9


@dataclass(frozen=True)
class Components:
    """Variances in squared points of the scale, and what they rest on."""

    stimulus: float
    #: 0 in the one-way model.
    subject: float
    residual: float
    #: (3, 3): asymptotic covariance of the three, in that order; 0 of one that is 0.
    covariance: Floats
    ratings: int
    stimuli: int
    subjects: int
    #: Harmonic mean of the ratings per stimulus.
    per_stimulus: float
    #: Parts of the graph of who rated what; with more than one, images of different parts are
    #: compared by the assumption alone that raters are alike on average.
    groups: int
    #: Of how many stimuli these were drawn at random; None if all were used.
    drawn_from: int | None
    #: Of the draw.
    seed: int

    @property
    def total(self) -> float:
        return self.stimulus + self.subject + self.residual


def two_way_components(votes: Votes, *, seed: int = 0) -> Components:
    """Of the two-way random model, of first votes; `seed` draws stimuli if there are too many.

    Raises AgreementError if no stimulus or no subject has two ratings, or all are the same.
    """
    return _fitted(*_affordable(votes, seed), seed, two_way=True)


def one_way_components(votes: Votes, *, seed: int = 0) -> Components:
    """Of score = mean + stimulus + residual: whose ratings they are is not looked at.

    Raises AgreementError if no stimulus has two ratings, or all are the same.
    """
    return _fitted(*_affordable(votes, seed), seed, two_way=False)


def _affordable(votes: Votes, seed: int) -> tuple[Votes, int | None]:
    """First votes, if need be of drawn stimuli, and then of how many they were drawn."""
    first = renumbered(first_votes(votes))
    _refuse_constant(first)
    most = _most_stimuli(first)
    if most >= first.stimuli:
        return first, None
    drawn = np.random.default_rng(seed).permutation(first.stimuli) < most
    return renumbered(taken(first, drawn[first.stimulus])), first.stimuli


def _most_stimuli(votes: Votes) -> int:
    larger = votes.stimulus if votes.stimuli >= votes.subjects else votes.subject
    products = float((np.bincount(larger).astype(np.float64) ** 2).sum())
    most = votes.stimuli * min(1.0, _MOST_PRODUCTS / products)
    if min(votes.stimuli, votes.subjects) > MOST_DENSE:
        most = min(most, MOST_DENSE)
    return max(int(most), 2)


def _refuse_constant(votes: Votes) -> None:
    if not votes.score.size:
        raise AgreementError("there are no ratings")
    if np.ptp(votes.score) == 0:
        raise AgreementError(
            f"all {votes.score.size} ratings are {votes.score[0]:g}: nothing varies"
        )


def _refuse_unreplicated(votes: Votes, *, two_way: bool) -> None:
    if votes.stimuli == 1:
        raise AgreementError("only one image was rated: how images differ cannot be known")
    if votes.score.size == votes.stimuli:
        raise AgreementError("no image was rated by two raters, so nothing says how far they agree")
    if two_way and votes.score.size == votes.subjects:
        raise AgreementError("no rater has two ratings: rater and chance cannot be told apart")


def _fitted(votes: Votes, drawn_from: int | None, seed: int, *, two_way: bool) -> Components:
    _refuse_unreplicated(votes, two_way=two_way)
    spread = float(votes.score.std())
    values = (votes.score - votes.score.mean()) / spread
    # The equations take the factor with more levels first.
    order = [0, 1, 2] if votes.stimuli >= votes.subjects or not two_way else [1, 0, 2]
    fit = _maximised(_design(votes, order, two_way), values, _start(values, votes, two_way)[order])
    theta, covariance = _estimates(fit)
    stimulus, subject, residual = (spread**2 * theta[order]).tolist()
    return Components(
        stimulus=stimulus,
        subject=subject,
        residual=residual,
        covariance=spread**4 * covariance[np.ix_(order, order)],
        ratings=votes.score.size,
        stimuli=votes.stimuli,
        subjects=votes.subjects,
        per_stimulus=float(1 / np.mean(1 / np.bincount(votes.stimulus))),
        groups=_factors(votes).groups,
        drawn_from=drawn_from,
        seed=seed,
    )


def _factors(votes: Votes, tolerance: float = EXACT) -> Factors:
    return Factors(votes.stimulus, votes.subject, (votes.stimuli, votes.subjects), tolerance)


def _design(votes: Votes, order: list[int], two_way: bool) -> Design:
    if not two_way:
        return Design(votes.stimulus, None, (votes.stimuli, 0))
    places, sizes = (votes.stimulus, votes.subject), (votes.stimuli, votes.subjects)
    first, second = order[:2]
    return Design(places[first], places[second], (sizes[first], sizes[second]))


def _start(values: Floats, votes: Votes, two_way: bool) -> Floats:
    """Henderson's moments, kept above 0; (3,), NaN of a subject that the model lacks."""
    found = henderson(values, _factors(votes, QUICK)) or Moments(0.5, 0.2, 0.3)
    start = np.maximum([found.one, found.two, found.residual], 0.01)
    return start if two_way else np.array([start[0], np.nan, start[1] + start[2]])


def _maximised(design: Design, values: Floats, theta: Floats) -> Fit:
    fit = Fit(design, values, theta)
    for _step in range(_MOST_STEPS):
        better = _improved(fit)
        if better is None or better.likelihood - fit.likelihood < _CONVERGED:
            return better or fit
        fit = better
    return fit


def _improved(fit: Fit) -> Fit | None:
    """The fit after one step; None if no step raises the likelihood."""
    return _without_small(fit) or _newton(fit)


def _without_small(fit: Fit) -> Fit | None:
    """Small components that would become smaller set to none, if that is likelier. There, the
    information is none either, and Newton's steps lead nowhere."""
    small = (fit.theta > _NONE) & (fit.theta < _SMALL) & (fit.slope < 0)
    if not small.any():
        return None
    found = Fit(fit.design, fit.values, np.where(small, _NONE, fit.theta))
    return found if found.likelihood > fit.likelihood else None


def _newton(fit: Fit) -> Fit | None:
    slope, free = fit.slope, _free(fit)
    step = np.zeros(3)
    step[free] = np.linalg.lstsq(fit.information()[np.ix_(free, free)], slope[free])[0]
    for _halving in range(12):
        # Not below a tenth at once: a long step must not end at zero for good.
        lowest = np.maximum(0.1 * fit.theta, _NONE)
        found = Fit(fit.design, fit.values, np.maximum(fit.theta + step, lowest))
        if found.likelihood >= fit.likelihood:
            return found
        step /= 2
    return None


def _free(fit: Fit) -> Integers:
    """Which variances may move, places in 0…2: not one that is none and would become less."""
    at_none = (fit.theta <= _NONE) & (fit.slope <= 0)
    return np.flatnonzero(np.isfinite(fit.theta) & ~at_none).astype(np.int64)


def _estimates(fit: Fit) -> tuple[Floats, Floats]:
    """Variances, 0 if there is none, and their covariance; (3,) and (3, 3)."""
    theta = np.where(fit.theta > 10 * _NONE, fit.theta, 0.0)
    known = np.flatnonzero(theta)
    covariance = np.zeros((3, 3))
    covariance[np.ix_(known, known)] = np.linalg.pinv(fit.information()[np.ix_(known, known)])
    return theta, covariance
