"""The mean of those subjects whom the screening of ITU-R BT.500 keeps, in both forms in use."""

from typing import ClassVar

import numpy as np

from workbench.core.texts import gettext_noop

from .base import METHODS, Estimates, NoParameters, ScaleLimits, Votes
from .intervals import Limits
from .mos import Scores, mean_estimates
from .screening import RECOMMENDATION, SUREAL, Form, own_differences, screen, screened


class ScreenedMean:
    """A rejected subject's scores count nowhere; a stimulus that only they rated has no score."""

    version = "1"
    parameters: ClassVar[type[NoParameters]] = NoParameters

    def __init__(self, name: str, label: str, citation: str, form: Form) -> None:
        self.name = name
        self.label = label
        self.citation = citation
        self.form = form

    def limits(self, scale: ScaleLimits, parameters: NoParameters) -> Limits:
        return scale.ends

    def estimate(self, votes: Votes, parameters: NoParameters) -> Estimates:
        rejected = screen(votes, votes.score, self.form).rejected
        weight = np.where(rejected[votes.subject], 0.0, votes.weight)
        subjects = screened(votes, own_differences(votes), rejected)
        return mean_estimates(votes, Scores(votes.score, weight), subjects)


METHODS.register(
    ScreenedMean(
        "bt500",
        gettext_noop("MOS after BT.500 screening"),
        "ITU-R BT.500-15, Annex 1, section 2.3.1",
        RECOMMENDATION,
    )
)
METHODS.register(
    ScreenedMean(
        "bt500_sureal",
        gettext_noop("MOS after BT.500 screening as sureal does it"),
        "`SubjrejMosModel` of Netflix/sureal 0.9.0, after ITU-R BT.500",
        SUREAL,
    )
)
