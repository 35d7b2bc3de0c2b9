"""What methods say of raters, whatever method the study has: for information, by none is anybody
excluded. Pure.
"""

from dataclasses import dataclass

import numpy as np

from ..correlation import Floats, Integers
from ..methods import METHODS, Votes
from ..methods.screening import RECOMMENDATION, Flags, screen
from ..methods.subject_map import SubjectMapParameters

#: The method that models raters if the study's own does not.
MODEL = "subject_map"


@dataclass(frozen=True)
class Findings:
    """Of U raters, from one perspective."""

    #: Keys, ascending.
    raters: Integers
    #: Ratings.
    n: Integers
    #: BT.500's screening: scores far above and far below the others', and who would be rejected.
    above: Integers
    below: Integers
    rejected: Flags
    #: By `MODEL`, on the perspective's scale.
    bias: Floats
    inconsistency: Floats
    #: Of `MODEL`: English texts, translated when they are shown.
    notes: tuple[str, ...]


def findings_of(votes: Votes, raters: Integers) -> Findings:
    """votes: main ones. raters (U,): keys; those without a vote are left out."""
    n = np.bincount(votes.subject, minlength=raters.size)
    there = n > 0
    screened = screen(votes, votes.score, RECOMMENDATION)
    modelled = METHODS[MODEL].estimate(votes, SubjectMapParameters())
    return Findings(
        raters[there],
        n[there],
        screened.above[there],
        screened.below[there],
        screened.rejected[there],
        modelled.subjects.bias[there],
        modelled.subjects.inconsistency[there],
        modelled.notes,
    )
