"""The mean opinion score: the plain mean, or the weighted one if a study's rules weigh ratings."""

from typing import ClassVar

from workbench.core.texts import gettext_noop

from .base import METHODS, Estimates, NoParameters, Votes, without_subjects
from .means import weighted_means


class MeanOpinionScore:
    """Every vote counts by its weight, whoever gave it; subjects are not modelled."""

    name = "mos"
    label = gettext_noop("Mean opinion score (MOS)")
    version = "1"
    citation = "ITU-T P.910 (2023), section 8; ITU-R BT.500-15, Annex 1"
    parameters: ClassVar[type[NoParameters]] = NoParameters

    def estimate(self, votes: Votes, parameters: NoParameters) -> Estimates:
        found = weighted_means(votes.score, votes.stimulus, votes.stimuli, votes.weight)
        return Estimates(
            value=found.mean,
            standard_error=found.standard_error,
            low=found.mean - found.half_width,
            high=found.mean + found.half_width,
            sd=found.sd,
            n=found.n,
            counts=votes.counts(),
            **without_subjects(votes.subjects),
        )


METHODS.register(MeanOpinionScore())
