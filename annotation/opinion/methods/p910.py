"""ITU-T P.910 (2023): quality, bias and inconsistency by maximum likelihood."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from workbench.core.texts import gettext_noop

from ...protocol.verdicts import Verdict
from .ambiguity import fit_ambiguity
from .base import METHODS, Estimates, Floats, ScaleLimits, Subjects, Texts, Votes
from .graph import graph_notes
from .intervals import Limits, panel_variance
from .mos import Scores, mean_estimates
from .projection import Projection, project
from .screening import Flags

#: An inconsistency of less than this part of a step between two levels is no measurement.
_COLLAPSED_STEPS = 0.25

COLLAPSED = gettext_noop(
    "The fit collapsed: the inconsistency of at least one rater fell below a quarter of a step, so "
    "that their scores alone are the result wherever they rated. It happens if images have few "
    "ratings. Use the subject model with priors (subject_map) instead."
)
DECIDES = gettext_noop(
    "The fit collapsed on this rater: their inconsistency is below a quarter of a step, so their "
    "scores alone decide."
)
UNSETTLED = gettext_noop("The fit had not settled when its iterations were up.")


@dataclass(frozen=True)
class P910Parameters:
    """Options of the model."""

    #: Whether images differ in how much raters scatter on them.
    content_ambiguity: bool = False


class P910:
    """score = quality + bias of the subject + noise, whose standard deviation is the subject's
    inconsistency; subjects count by 1 / inconsistency².

    By alternating projection (see `projection`). With content ambiguity each image has a noise of
    its own besides (see `ambiguity`). The likelihood has no bound: on few ratings per image it can
    end in one subject's scores, which is then said by name.
    """

    name = "p910"
    label = gettext_noop("P.910: bias and inconsistency by maximum likelihood")
    version = "1"
    citation = (
        "ITU-T P.910 (2023), and clause 12.6 of ITU-T P.913 (2021); Li, Bampis, Krasula, Janowski "
        "& Katsavounidis, A simple model for subject behavior in subjective experiments, "
        "HVEI 2020; with content ambiguity: Li & Bampis, Recover subjective quality scores from "
        "noisy measurements, DCC 2017"
    )
    parameters: ClassVar[type[P910Parameters]] = P910Parameters

    def limits(self, scale: ScaleLimits, parameters: P910Parameters) -> Limits:
        return scale.ends

    def estimate(self, votes: Votes, parameters: P910Parameters) -> Estimates:
        if parameters.content_ambiguity:
            least = _COLLAPSED_STEPS * _step(votes.scale)
            fit = fit_ambiguity(votes, np.arange(votes.stimuli), least)
            found = _estimates(votes, fit.projection, fit.ambiguity)
            return replace(found, ambiguity=np.where(found.n > 0, fit.ambiguity, np.nan))
        return _estimates(votes, project(votes), None)


def _estimates(votes: Votes, fit: Projection, ambiguity: Floats | None) -> Estimates:
    given = np.bincount(votes.subject, minlength=votes.subjects)
    rated = np.bincount(votes.stimulus, minlength=votes.stimuli) > 0
    collapsed = (given > 0) & (fit.inconsistency < _COLLAPSED_STEPS * _step(votes.scale))
    scores = Scores(
        votes.score - fit.bias[votes.subject],
        precision=_precision(votes, fit.inconsistency, ambiguity),
        value=np.where(rated, fit.quality, np.nan),
        standard_error=np.where(rated, fit.standard_error, np.nan),
        panel=panel_variance(fit.bias, fit.inconsistency, given),
    )
    said = ((COLLAPSED,) if collapsed.any() else ()) + (() if fit.settled else (UNSETTLED,))
    subjects = Subjects(
        bias=np.where(given > 0, fit.bias, np.nan),
        inconsistency=np.where(given > 0, fit.inconsistency, np.nan),
        verdict=np.where(given > 0, Verdict.KEPT.value, Verdict.NONE.value),
        reason=_reasons(collapsed),
    )
    return mean_estimates(votes, scores, subjects, notes=said + graph_notes(votes))


def _precision(votes: Votes, inconsistency: Floats, ambiguity: Floats | None) -> Floats:
    """(R,): as `Scores` wants it. Nobody is trusted for a collapsed inconsistency."""
    least = _COLLAPSED_STEPS * _step(votes.scale)
    own = np.maximum(inconsistency, least) ** 2
    variance = own[votes.subject]
    if ambiguity is not None:
        variance = variance + ambiguity[votes.stimulus] ** 2
    usual = variance.mean() if variance.size else 1.0
    found: Floats = usual / variance
    return found


def _reasons(collapsed: Flags) -> Texts:
    return np.where(collapsed, DECIDES, "")


def _step(scale: ScaleLimits) -> float:
    return (scale.maximum - scale.minimum) / (scale.levels - 1)


METHODS.register(P910())
