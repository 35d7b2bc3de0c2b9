"""The mean after removing biases and then screening, as ITU-T P.913 has it."""

from typing import ClassVar

import numpy as np

from workbench.core.texts import gettext_noop

from .base import METHODS, Estimates, NoParameters, ScaleLimits, Votes
from .graph import graph_notes
from .intervals import Limits, panel_variance
from .mos import Scores, mean_estimates
from .screening import SUREAL, own_differences, screen, screened


class P913:
    """A subject's bias is the mean difference of their scores from the stimuli's means; without it,
    subjects are screened and the rest averaged.

    The screening is sureal's form of BT.500 (population standard deviation, shares of all stimuli),
    so that the two agree. Clause 12.6, which weighs subjects instead of screening them, is the
    method `p910`.
    """

    name = "p913"
    label = gettext_noop("P.913: biases removed, then screening")
    version = "1"
    citation = (
        "ITU-T P.913 (2021), clause 12.4, then ITU-R BT.500 screening; `BiasremvSubjrejMosModel` "
        "of Netflix/sureal 0.9.0; Li, Bampis, Janowski & Katsavounidis, A simple model for subject "
        "behavior in subjective experiments, HVEI 2020"
    )
    parameters: ClassVar[type[NoParameters]] = NoParameters

    def limits(self, scale: ScaleLimits, parameters: NoParameters) -> Limits:
        return scale.ends

    def estimate(self, votes: Votes, parameters: NoParameters) -> Estimates:
        own = own_differences(votes)
        unbiased = votes.score - own.mean[votes.subject]
        rejected = screen(votes, unbiased, SUREAL).rejected
        weight = np.where(rejected[votes.subject], 0.0, votes.weight)
        kept = np.where(rejected, 0, own.n)
        panel = panel_variance(own.mean, own.sd, kept)
        return mean_estimates(
            votes,
            Scores(unbiased, weight, panel=panel),
            screened(votes, own, rejected),
            notes=graph_notes(votes),
        )


METHODS.register(P913())
