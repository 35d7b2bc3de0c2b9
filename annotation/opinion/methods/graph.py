"""Who is connected to whom: raters by the images that they share."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from workbench.core.texts import gettext_noop

from .base import Integers, Votes

APART = gettext_noop(
    "The images and raters fall into groups that share no rating: how much higher one group votes "
    "than another cannot be told from how good its images are. Let raters of each group rate a few "
    "images of another."
)


def parts(votes: Votes) -> tuple[Integers, Integers]:
    """The part that each stimulus (S,) and each subject (U,) belongs to, from 0; −1 without a vote.

    Two are in one part if votes lead from one to the other.
    """
    size = votes.stimuli + votes.subjects
    ends = (votes.stimulus, votes.stimuli + votes.subject)
    edges = coo_array((np.ones(votes.score.size, np.int8), ends), shape=(size, size))
    _, label = connected_components(edges.tocsr(), directed=False)
    there = np.zeros(size, dtype=bool)
    there[np.concatenate(ends)] = True
    part = np.full(size, -1, np.int64)
    part[there] = np.unique(label[there], return_inverse=True)[1]
    return part[: votes.stimuli], part[votes.stimuli :]


def graph_notes(votes: Votes) -> tuple[str, ...]:
    """What a method that compares raters has to say if some cannot be compared."""
    if _one_is_rated_by_all(votes):
        return ()
    return (APART,) if parts(votes)[1].max(initial=0) > 0 else ()


def _one_is_rated_by_all(votes: Votes) -> bool:
    """Told at a glance; then all are in one part."""
    first = votes.repetition == 0
    most = np.bincount(votes.stimulus[first]).max(initial=0)
    raters = np.count_nonzero(np.bincount(votes.subject))
    # Repetitions that do not start at 0 leave votes out, never add any.
    return bool(most == raters)
