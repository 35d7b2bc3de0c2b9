"""The processing behind the published scores of AIGCIQA2023 and its kin."""

from typing import ClassVar

import numpy as np

from workbench.core.texts import gettext_noop

from .base import METHODS, Estimates, NoParameters, ScaleLimits, Votes
from .graph import graph_notes
from .intervals import Limits
from .mos import Scores, mean_estimates
from .screening import RECOMMENDATION, screen
from .zscore import z_findings, z_scores

LIMITS = (0.0, 100.0)


class Aigciqa2023:
    """BT.500 screening; single scores beyond m ± kS dropped; z-scores; 100 (z + 3) / 6; the mean.

    A subject's mean and standard deviation (n − 1) are those of all their scores, before single
    ones are dropped. A score on 0…100 in which 50 is a subject's own average: it is no opinion on
    the scale that was shown, and may leave 0…100 (|z| > 3).
    """

    name = "aigciqa2023"
    label = gettext_noop("AIGCIQA2023: screened z-scores on 0…100")
    version = "1"
    citation = (
        "Wang, Duan, Liu, Chen, Min & Zhai, AIGCIQA2023: A large-scale image quality assessment "
        "database for AI generated images, CICAI 2023; ITU-R BT.500-15, Annex 1, section 2.3.1"
    )
    parameters: ClassVar[type[NoParameters]] = NoParameters

    def limits(self, scale: ScaleLimits, parameters: NoParameters) -> Limits:
        return LIMITS

    def estimate(self, votes: Votes, parameters: NoParameters) -> Estimates:
        found = screen(votes, votes.score, RECOMMENDATION)
        z = z_scores(votes)
        used = np.isfinite(z) & ~found.rejected[votes.subject] & ~found.outside
        weight = np.where(used, votes.weight, 0.0)
        subjects = z_findings(votes, z, found.rejected)
        scores = Scores(100 * (z + 3) / 6, weight, limits=LIMITS)
        return mean_estimates(votes, scores, subjects, notes=graph_notes(votes))


METHODS.register(Aigciqa2023())
