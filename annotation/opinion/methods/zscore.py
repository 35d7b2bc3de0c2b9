"""The mean of scores that each subject's own mean and standard deviation made comparable."""

from dataclasses import replace
from typing import ClassVar

import numpy as np

from workbench.core.texts import gettext_noop

from ...protocol.verdicts import Verdict
from .base import METHODS, Estimates, Floats, NoParameters, ScaleLimits, Subjects, Votes
from .graph import graph_notes
from .intervals import Limits
from .means import weighted_means
from .mos import Scores, mean_estimates
from .screening import Flags, own_differences, screened

#: Nearly all z-scores of people are inside.
LIMITS = (-3.0, 3.0)
WITHOUT = gettext_noop("All their scores are the same, or there is only one: they have no z-score.")
#: In parts of a scale's length: a spread of rounding alone is none.
_SMALLEST_SPREAD = 1e-9


class ZScoreMean:
    """z = (score − the subject's mean) / their standard deviation (n − 1); then the mean of z.

    A subject with one score, or with the same score everywhere, has no z: their scores are left
    out, and the reason says so. 0 is a subject's own average; a value may leave −3…3.
    """

    name = "zscore"
    label = gettext_noop("Mean of each rater's z-scores")
    version = "1"
    citation = (
        "van Dijk, Martens & Watson, Quality assessment of coded images using numerical category "
        "scaling, SPIE 2451 (1995); `ZscoringMosModel` of Netflix/sureal"
    )
    parameters: ClassVar[type[NoParameters]] = NoParameters

    def limits(self, scale: ScaleLimits, parameters: NoParameters) -> Limits:
        return LIMITS

    def estimate(self, votes: Votes, parameters: NoParameters) -> Estimates:
        z = z_scores(votes)
        weight = np.where(np.isfinite(z), votes.weight, 0.0)
        subjects = z_findings(votes, z, np.zeros(votes.subjects, dtype=np.bool_))
        scores = Scores(z, weight, limits=LIMITS)
        return mean_estimates(votes, scores, subjects, notes=graph_notes(votes))


def z_scores(votes: Votes) -> Floats:
    """(R,): NaN of a subject whose scores do not differ."""
    own = weighted_means(votes.score, votes.subject, votes.subjects, np.ones_like(votes.score))
    smallest = _SMALLEST_SPREAD * (votes.scale.maximum - votes.scale.minimum)
    sd = np.where(own.sd > smallest, own.sd, np.nan)
    z: Floats = (votes.score - own.mean[votes.subject]) / sd[votes.subject]
    return z


def z_findings(votes: Votes, z: Floats, rejected: Flags) -> Subjects:
    """As `screened`; of a subject without a z there is no verdict, and why."""
    found = screened(votes, own_differences(votes), rejected)
    without = np.zeros(votes.subjects, dtype=np.bool_)
    without[votes.subject[np.isnan(z)]] = True
    without &= ~rejected
    return replace(
        found,
        verdict=np.where(without, Verdict.NONE.value, found.verdict),
        reason=np.where(without, WITHOUT, found.reason),
    )


METHODS.register(ZScoreMean())
