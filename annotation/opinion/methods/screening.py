"""Screening of subjects as in ITU-R BT.500, in both forms in use, for the methods that rest on it.

Of each stimulus: the mean m, the standard deviation S and the kurtosis β₂ = m₄/m₂² of its scores;
k = 2 if 2 ≤ β₂ ≤ 4, else √20. A subject's P scores are at least m + kS, their Q scores at most
m − kS. A subject is rejected if P + Q is more than 5 % of the scores looked at and P and Q are
nearly as many, |P − Q| < 0.3 (P + Q): far off on both sides, so not merely stricter or milder than
others. One pass.

The forms differ in S (of a sample or of a population) and in what the share is of. Both matter:
they reject different subjects in public data.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.core.texts import gettext_noop

from ...protocol.verdicts import Verdict
from .base import Floats, Integers, Subjects, Votes
from .means import Means, weighted_means

Flags = NDArray[np.bool_]

REJECTED = gettext_noop(
    # xgettext:no-python-format
    "More than 5 % of their scores are far from the others', above and below alike (BT.500)."
)
#: Kurtosis of scores that count as normal, and how many standard deviations are far then, or else.
_NORMAL = (2.0, 4.0)
_FAR_IF_NORMAL, _FAR_ELSE = 2.0, 20.0**0.5
#: A rejected subject has more far scores than this share, and P and Q differ by less than this one.
_SHARE, _LEANING = 0.05, 0.3
#: Whatever is nearer than this to a bound is on it: sums in another order differ by rounding.
_EQUAL = 1e-9


@dataclass(frozen=True)
class Form:
    """One reading of the Recommendation."""

    #: Degrees of freedom taken off in S.
    ddof: int
    #: Whether the share is of all stimuli, seen or not.
    of_all: bool


RECOMMENDATION = Form(ddof=1, of_all=False)
SUREAL = Form(ddof=0, of_all=True)


@dataclass(frozen=True)
class Screening:
    """Who is rejected, and which single scores are far from the others' of their stimulus."""

    #: (U,)
    rejected: Flags
    #: (U,): P and Q, how many of a subject's scores are far above and far below.
    above: Integers
    below: Integers
    #: (R,): beyond m ± kS, not on it.
    outside: Flags


def screen(votes: Votes, score: Floats, form: Form) -> Screening:
    """By these scores (R,), the votes' own or what a method made of them; weights play no part.

    If all subjects would be rejected, none is. Where a stimulus's scores are all the same, none of
    them is far, although each is at m + kS.
    """
    difference, limit = _spread(votes, score, form)
    spread = limit > 0
    above = spread & (difference >= limit * (1 - _EQUAL))
    below = spread & (difference <= -limit * (1 - _EQUAL))
    high, low = (_by_subject(votes, rows) for rows in (above, below))
    given = np.bincount(votes.subject, minlength=votes.subjects)
    far, total = high + low, _all_shown(votes) if form.of_all else given
    rejected = (far > _SHARE * total) & (np.abs(high - low) < _LEANING * far)
    if rejected[given > 0].all():
        rejected = np.zeros_like(rejected)
    outside = spread & (np.abs(difference) > limit * (1 + _EQUAL))
    return Screening(rejected, high, low, outside)


def _by_subject(votes: Votes, rows: Flags) -> Integers:
    return np.bincount(votes.subject[rows], minlength=votes.subjects)


def _spread(votes: Votes, score: Floats, form: Form) -> tuple[Floats, Floats]:
    """Of each vote, (R,): its difference from m, and kS of its stimulus, 0 if there is none."""
    stimulus, size = votes.stimulus, votes.stimuli
    n = np.bincount(stimulus, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(stimulus, weights=score, minlength=size) / n
        difference = score - mean[stimulus]
        squares = np.bincount(stimulus, weights=difference**2, minlength=size)
        fourth = np.bincount(stimulus, weights=difference**4, minlength=size)
        kurtosis = fourth / n / (squares / n) ** 2
        low, high = _NORMAL
        normal = (kurtosis >= low * (1 - _EQUAL)) & (kurtosis <= high * (1 + _EQUAL))
        deviation = np.sqrt(np.where(n > form.ddof, squares / (n - form.ddof), 0.0))
    # A spread of rounding alone is none.
    length = votes.scale.maximum - votes.scale.minimum
    deviation[deviation <= _EQUAL * length] = 0.0
    limit = np.where(normal, _FAR_IF_NORMAL, _FAR_ELSE) * deviation
    return difference, limit[stimulus]


def _all_shown(votes: Votes) -> int:
    """Stimuli times repetitions: as many scores as a subject has who misses none."""
    return votes.stimuli * np.unique(votes.repetition).size


def own_differences(votes: Votes) -> Means:
    """Of each subject: the mean difference of their scores from the stimuli's means, and how much
    the differences scatter; all votes count alike, as a subject's all weigh the same."""
    plain = weighted_means(votes.score, votes.stimulus, votes.stimuli, votes.weight)
    differences = votes.score - plain.mean[votes.stimulus]
    return weighted_means(differences, votes.subject, votes.subjects, np.ones_like(differences))


def screened(votes: Votes, own: Means, rejected: Flags) -> Subjects:
    """The findings about subjects of a method that screens them: nobody is judged without a vote.

    own: as `own_differences`.
    """
    judged = np.where(rejected, Verdict.REJECTED.value, Verdict.KEPT.value)
    return Subjects(
        bias=own.mean,
        inconsistency=own.sd,
        verdict=np.where(own.n > 0, judged, Verdict.NONE.value),
        reason=np.where(rejected, REJECTED, ""),
    )
