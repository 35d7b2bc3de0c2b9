"""What every figure of agreement is given as, and which votes it is made from.

Votes of one perspective come in sparse long form (`methods.base.Votes`). How much a vote weighs in
opinion scores is left aside here: agreement is of the people who rated, each vote once.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from workbench.core.texts import gettext_noop

from ..methods.base import Floats, Integers, OpinionError, Votes

__all__ = ["AgreementError", "Floats", "Integers", "Measure", "OpinionError", "Votes"]


class AgreementError(OpinionError):
    """Votes from which a figure of agreement cannot be made, and what is missing."""


@dataclass(frozen=True)
class Measure:
    """One figure with its 95 % interval."""

    value: float
    #: None if the figure lies at the end of what it can be, or too few units can be drawn again.
    low: float | None
    high: float | None
    #: The number of votes (or pairs of votes) behind it.
    n: int
    #: What it means: an English text, translated when it is shown.
    meaning: str
    citation: str


def first_votes(votes: Votes) -> Votes:
    """Each subject's first vote on each stimulus, ordered by stimulus and subject.

    Raises AgreementError if a subject has two votes of the same repetition on a stimulus.
    """
    cell = votes.stimulus * votes.subjects + votes.subject
    order = np.lexsort((votes.repetition, cell))
    same_cell = np.diff(cell[order], prepend=-1) == 0
    doubled = same_cell & (np.diff(votes.repetition[order], prepend=-1) == 0)
    if doubled.any():
        at = order[int(np.argmax(doubled))]
        raise AgreementError(
            f"subject {votes.subject[at]} has two votes on stimulus {votes.stimulus[at]} of the "
            f"same repetition, {votes.repetition[at]}; number them"
        )
    return taken(votes, order[~same_cell])


def paired_votes(votes: Votes) -> Votes:
    """First votes on stimuli that at least two subjects rated; only those say how far they agree.

    Raises AgreementError if there are none.
    """
    first = first_votes(votes)
    count = np.bincount(first.stimulus, minlength=first.stimuli)
    kept = np.flatnonzero(count[first.stimulus] > 1)
    if not kept.size:
        raise AgreementError("no image was rated by two raters, so nothing says how far they agree")
    return renumbered(taken(first, kept))


def taken(votes: Votes, places: Integers | NDArray[np.bool_]) -> Votes:
    """Some of the votes; stimuli and subjects keep their numbers."""
    names = ("score", "stimulus", "subject", "repetition", "weight")
    return replace(votes, **{name: getattr(votes, name)[places] for name in names})


def same_cells(one: Votes, two: Votes) -> tuple[Integers, Integers]:
    """Places of the votes by one subject on one stimulus that both have, row by row; (P,) each.

    Both number stimuli and subjects alike, and have no cell twice.
    """
    left, right = (item.stimulus * item.subjects + item.subject for item in (one, two))
    _both, of_one, of_two = np.intersect1d(left, right, return_indices=True)
    return of_one.astype(np.int64), of_two.astype(np.int64)


def renumbered(votes: Votes) -> Votes:
    """The same votes, with only the stimuli and subjects that have one."""
    stimuli, stimulus = np.unique(votes.stimulus, return_inverse=True)
    subjects, subject = np.unique(votes.subject, return_inverse=True)
    return replace(
        votes, stimulus=stimulus, subject=subject, stimuli=stimuli.size, subjects=subjects.size
    )


def separate_groups(one: Integers, two: Integers, sizes: tuple[int, int]) -> int:
    """Into how many parts the graph of who rated what falls; 1 if it is connected.

    one, two (R,): the ends of each edge, in 0…sizes[0] − 1 and 0…sizes[1] − 1, each with an edge.
    """
    edges = sparse.coo_array(
        (np.ones(one.size, np.int8), (one, two + sizes[0])), shape=(sum(sizes), sum(sizes))
    )
    groups, _labels = connected_components(edges, directed=False)
    return int(groups)


#: Koo and Li (2016): each word from so much on.
_RELIABILITY = (
    (0.9, gettext_noop("excellent reliability")),
    (0.75, gettext_noop("good reliability")),
    (0.5, gettext_noop("moderate reliability")),
)
_POOR = gettext_noop("poor reliability")


def reliability_in_words(value: float) -> str:
    """By the bands of Koo and Li (2016), Journal of Chiropractic Medicine 15:155."""
    return in_words(value, _RELIABILITY, _POOR)


def in_words(value: float, bands: tuple[tuple[float, str], ...], otherwise: str) -> str:
    """The text of the first band whose least value is reached."""
    return next((words for least, words in bands if value >= least), otherwise)
