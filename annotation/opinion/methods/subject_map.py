"""Scores free of raters' biases, in which consistent raters count for more: safe on sparse panels.

The subject model of ITU-T P.910 (2023), see `p910`, with priors. A vote of rater i on image j is

    x = ψ_j + b_i + σ_i ε,   b_i ~ N(0, τ²),   σ_i² ~ scaled-inverse-χ²(ν, s²),   ψ_j even.

Without priors the likelihood has no maximum on sparse ratings: the σ of a rater can fall to 0 and
that rater's votes *are* the scores. The prior on σ_i² is worth ν = 10 votes; its centre s² and τ²
are estimated from all raters (empirical Bayes), themselves held by a weak prior: s² by votes that
scatter evenly over the scale, τ by a tenth of the scale, so that one rater alone gives numbers,
too; s is at least what rounding to levels leaves, step/√12.

ψ has no prior but the scale: a score is not drawn towards the mean of others, however few its
votes, so scores of images with few and with many votes can be compared (a score that borrows from
others is a prediction and has another name). Its mode is cut at the ends of the scale.

**Fit.** ψ and b given σ are one linear system; ψ is eliminated, b solved by conjugate gradients.
Σb = 0 in each part of the graph of images and raters follows from the prior. Then σ_i² by its
fixed point (νs² + Σr²) / (ν + n_i − h_i), where h_i, the leverage of i's votes, says how much of
their residuals ψ and b have swallowed: the stationary point of mean-field variational inference,
reached faster. A vote of weight w has the variance σ_i²/w when images are scored; σ_i itself is
estimated with weights relative to the rater's mean, or it would undo them. k votes of a rater on
one image weigh 1/k each: they bring in nobody new.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from workbench.core.texts import gettext_noop

from .base import METHODS, Estimates, ScaleLimits, Subjects, Votes
from .graph import graph_notes
from .intervals import Limits
from .mos import Scores, mean_estimates
from .subject_model import SubjectModel, times_voted

#: Rounds end when no σ² changes by more than this share of itself.
_TOLERANCE = 1e-5
_MOST_ROUNDS = 200
#: How exactly biases are solved in a round, and at last.
_ROUGH, _FINE = 1e-6, 1e-10


@dataclass(frozen=True)
class SubjectMapParameters:
    """How many votes the prior on a rater's inconsistency is worth."""

    prior_votes: float = 10.0


class SubjectMap:
    """Subject model with priors on bias and inconsistency; see the module."""

    name = "subject_map"
    label = gettext_noop("Subject model with priors (bias and inconsistency of raters)")
    version = "1"
    citation = (
        "ITU-T P.910 (2023); Li et al., “A simple model for subject behavior in subjective "
        "experiments”, HVEI (2020); priors as in Gelman et al., Bayesian Data Analysis, 3rd "
        "edition (2013), sections 2.6 and 5.4"
    )
    parameters: ClassVar[type[SubjectMapParameters]] = SubjectMapParameters

    def limits(self, scale: ScaleLimits, parameters: SubjectMapParameters) -> Limits:
        return scale.ends

    def estimate(self, votes: Votes, parameters: SubjectMapParameters) -> Estimates:
        model = SubjectModel(votes, parameters.prior_votes)
        model.observe(votes.score - model.middle)
        for _ in range(_MOST_ROUNDS):
            model.solve(_ROUGH)
            if model.spread() < _TOLERANCE:
                break
        model.solve(_FINE)
        return _scored(votes, model.subjects(), model.common(), notes=graph_notes(votes))

    def rescore(
        self,
        votes: Votes,
        parameters: SubjectMapParameters,
        subjects: Subjects,
        common: Mapping[str, float],
    ) -> Estimates:
        return _scored(votes, subjects, common)


def _scored(
    votes: Votes, subjects: Subjects, common: Mapping[str, float], notes: tuple[str, ...] = ()
) -> Estimates:
    """Images given raters; a rater that the fit did not know has no bias and the usual σ."""
    bias = np.nan_to_num(subjects.bias)[votes.subject]
    usual = common["inconsistency"]
    sigma = np.where(np.isnan(subjects.inconsistency), usual, subjects.inconsistency)
    scores = Scores(
        votes.score - bias,
        weight=votes.weight / times_voted(votes),
        precision=(usual / sigma[votes.subject]) ** 2,
        panel=common["panel"],
        spent=common["spent"],
    )
    ready = common if "scatter_constant" in common else None
    found = mean_estimates(votes, scores, subjects, common=ready, notes=notes)
    ends = votes.scale.ends
    return replace(found, value=np.clip(found.value, *ends), common={**common, **found.common})


METHODS.register(SubjectMap())
