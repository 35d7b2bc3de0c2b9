"""The mean opinion score: the plain mean, or the weighted one if a study's rules weigh.

With its spread, as ITU-T P.910 (2023) section 8 and ITU-R BT.500-15 Annex 1 give it; its interval
is that of all methods (see `intervals`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from workbench.core.texts import gettext_noop

from .base import (
    METHODS,
    Estimates,
    Floats,
    NoParameters,
    ScaleLimits,
    Subjects,
    Votes,
    without_subjects,
)
from .intervals import Limits, Scatter, mean_interval, pooled_error, scatter_of
from .means import Means, effective_raters, weighted_means

UNSCORED = gettext_noop(
    "Some images have ratings but no score: none of their ratings counts in this method, for the "
    "reasons given with their raters."
)


class MeanOpinionScore:
    """Every vote counts by its weight, whoever gave it; subjects are not modelled."""

    name = "mos"
    label = gettext_noop("Mean opinion score (MOS)")
    version = "2"
    citation = "ITU-T P.910 (2023), section 8; ITU-R BT.500-15, Annex 1"
    parameters: ClassVar[type[NoParameters]] = NoParameters

    def limits(self, scale: ScaleLimits, parameters: NoParameters) -> Limits:
        return scale.ends

    def estimate(self, votes: Votes, parameters: NoParameters) -> Estimates:
        return mean_estimates(votes, Scores(votes.score), without_subjects(votes.subjects))

    def rescore(
        self,
        votes: Votes,
        parameters: NoParameters,
        subjects: Subjects,
        common: Mapping[str, float],
    ) -> Estimates:
        return mean_estimates(votes, Scores(votes.score), subjects, common=common)


@dataclass(frozen=True)
class Scores:
    """What a method makes of R votes, to take the mean of by stimulus."""

    #: (R,): instead of the votes' own.
    score: Floats
    #: (R,): how much each counts, 0 if it is not behind the value at all; None: as the votes do.
    weight: Floats | None = None
    #: (R,): how many times smaller than the usual variance that of a score is, if the method knows;
    #: a score counts by weight · precision.
    precision: Floats | None = None
    #: The ends of the scale of `score`; None: the votes'.
    limits: Limits | None = None
    #: (S,), if the method has its own; None: the weighted mean, and spread / √n.
    value: Floats | None = None
    standard_error: Floats | None = None
    #: The variance of the panel's mean bias, if the scores are free of biases.
    panel: float = 0.0
    #: How many degrees of freedom the biases that were taken from the scores have cost.
    spent: float = 0.0

    def kept(self, mask: NDArray[np.bool_]) -> Self:
        """Only those of this mask, (R,)."""
        listed = {name: getattr(self, name) for name in ("score", "weight", "precision")}
        return replace(
            self, **{name: item[mask] for name, item in listed.items() if item is not None}
        )


def mean_estimates(
    votes: Votes,
    scores: Scores,
    subjects: Subjects,
    *,
    common: Mapping[str, float] | None = None,
    notes: tuple[str, ...] = (),
) -> Estimates:
    """The estimates of a method that takes the mean of each stimulus's scores.

    common: of the last full fit, to `rescore`; if None, the scatter of votes is fitted. The
    standard error of a single vote, of which no spread is known, is by the pool's scatter.
    """
    limits = scores.limits or votes.scale.ends
    plain = _means(votes, Scores(votes.score))
    behind, scores = _behind(votes, scores)
    found = _means(behind, scores)
    own = plain if behind is votes else _means(behind, Scores(behind.score))
    if common is None:
        common = {**_named(scatter_of(found, limits, scores.spent)), "panel": scores.panel}
    scatter = Scatter(common["scatter_constant"], common["scatter_sos"], limits)
    value = found.mean if scores.value is None else scores.value
    error = found.standard_error if scores.standard_error is None else scores.standard_error
    raters = effective_raters(found, behind, _weight(behind, scores), scores.precision)
    low, high = mean_interval(value, found, raters, scatter, common["panel"])
    return Estimates(
        value=value,
        standard_error=np.where(found.n == 1, pooled_error(found, scatter), error),
        low=low,
        high=high,
        sd=own.sd if scores.limits is None else found.sd,
        n=found.n,
        mean=plain.mean,
        counts=behind.counts(),
        subjects=subjects,
        notes=(*notes, UNSCORED) if np.any((plain.n > 0) & np.isnan(value)) else notes,
        common=common,
    )


def _weight(votes: Votes, scores: Scores) -> Floats:
    return votes.weight if scores.weight is None else scores.weight


def _means(votes: Votes, scores: Scores) -> Means:
    weight = _weight(votes, scores)
    return weighted_means(scores.score, votes.stimulus, votes.stimuli, weight, scores.precision)


def _behind(votes: Votes, scores: Scores) -> tuple[Votes, Scores]:
    """The votes that count, with their scores."""
    counting = _weight(votes, scores) > 0
    if counting.all():
        return votes, scores
    return votes.kept(counting), scores.kept(counting)


def _named(scatter: Scatter) -> dict[str, float]:
    return {"scatter_constant": scatter.constant, "scatter_sos": scatter.sos}


METHODS.register(MeanOpinionScore())
