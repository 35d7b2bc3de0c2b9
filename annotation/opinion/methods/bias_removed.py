"""The mean of votes after removing each subject's bias."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from workbench.core.texts import gettext_noop

from ...protocol.verdicts import Verdict
from .base import METHODS, Estimates, NoParameters, ScaleLimits, Subjects, Votes
from .graph import graph_notes
from .intervals import Limits, panel_variance
from .means import weighted_means
from .mos import Scores, mean_estimates


class BiasRemovedMean:
    """A subject's bias is the mean difference of their votes from the stimuli's means; one pass.

    What is left of a subject's differences, as a standard deviation (n − 1), is the inconsistency.
    A value may leave the scale by as much as the biases of its subjects.
    """

    name = "bias_removed"
    label = gettext_noop("MOS after removing each rater's bias")
    version = "2"
    citation = "ITU-T P.913 (2021), section 12.4; `BiasremvMosModel` of Netflix/sureal"
    parameters: ClassVar[type[NoParameters]] = NoParameters

    def limits(self, scale: ScaleLimits, parameters: NoParameters) -> Limits:
        return scale.ends

    def estimate(self, votes: Votes, parameters: NoParameters) -> Estimates:
        stimulus, subject = votes.stimulus, votes.subject
        plain = weighted_means(votes.score, stimulus, votes.stimuli, votes.weight)
        # A subject's votes all weigh the same, so weights would change nothing here.
        even = np.ones_like(votes.score)
        differences = votes.score - plain.mean[stimulus]
        own = weighted_means(differences, subject, votes.subjects, even)
        subjects = Subjects(
            bias=own.mean,
            inconsistency=own.sd,
            verdict=np.where(own.n > 0, Verdict.KEPT.value, Verdict.NONE.value),
            reason=np.full(votes.subjects, "", dtype=np.str_),
        )
        panel = panel_variance(own.mean, own.sd, own.n)
        spent = max(float((own.n > 0).sum()) - 1, 0.0)
        scores = Scores(votes.score - own.mean[subject], panel=panel, spent=spent)
        return mean_estimates(votes, scores, subjects, notes=graph_notes(votes))

    def rescore(
        self,
        votes: Votes,
        parameters: NoParameters,
        subjects: Subjects,
        common: Mapping[str, float],
    ) -> Estimates:
        bias = np.nan_to_num(subjects.bias)[votes.subject]
        return mean_estimates(votes, Scores(votes.score - bias), subjects, common=common)


METHODS.register(BiasRemovedMean())
