"""The scores that count, as votes for the methods of opinion scores.

They come by COPY in PostgreSQL's binary form and become arrays without a Python object per value.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import QuerySet

from ..models import Perspective, Score, Study
from ..protocol.scales import Scale
from ..studies.counting import counting_scores
from .copying import FLOAT, INTEGER, copy_rows
from .correlation import Floats, Integers
from .methods import Method, ScaleLimits, Votes

_COLUMNS = (
    ("score", INTEGER),
    ("perspective", INTEGER),
    ("stimulus", INTEGER),
    ("rater", INTEGER),
    ("trial", INTEGER),
    ("value", FLOAT),
)


@dataclass(frozen=True)
class CountingScores:
    """Single scores of a study, by trial and perspective; each array (R,)."""

    #: Keys of rows.
    score: Integers
    perspective: Integers
    stimulus: Integers
    rater: Integers
    trial: Integers
    #: On the perspective's scale.
    value: Floats

    @property
    def ratings(self) -> int:
        """How many trials they are from."""
        return int(np.unique(self.trial).size)


@dataclass(frozen=True)
class PerspectiveVotes:
    """The votes of one perspective, and who gave them."""

    perspective: Perspective
    #: Keys of the S stimuli and U raters, ascending; `votes` names their places.
    stimuli: Integers
    raters: Integers
    votes: Votes

    def limits(self, method: Method, parameters: Any) -> tuple[float, float]:
        """The ends of the scale that the method's scores of it are on."""
        return method.limits(self.votes.scale, parameters)


def read_counting_scores(study: Study) -> CountingScores:
    """One statement, so one view of the data."""
    return read_scores(counting_scores(study))


def read_scores(scores: QuerySet[Score]) -> CountingScores:
    """Ordered, so that sums come out to the last bit."""
    rows = scores.order_by("trial_id", "perspective_id").values_list(
        "pk", "perspective_id", "trial__stimulus_id", "trial__rater_id", "trial_id", "value"
    )
    return CountingScores(**copy_rows(rows, _COLUMNS))


def votes_of(
    study: Study, scores: CountingScores, weights: Mapping[int, float]
) -> Iterator[PerspectiveVotes]:
    """By perspective, in the study's order; `weights` by rater's key, 1 if not named."""
    for perspective in study.perspectives.all():
        rows = scores.perspective == perspective.pk
        stimuli, stimulus = np.unique(scores.stimulus[rows], return_inverse=True)
        raters, rater = np.unique(scores.rater[rows], return_inverse=True)
        weight = np.array([weights.get(int(key), 1.0) for key in raters], dtype=np.float64)
        votes = Votes.of(
            scores.value[rows],
            stimulus,
            rater,
            scale=limits_of(perspective.settings.scale),
            stimuli=stimuli.size,
            subjects=raters.size,
            weight=weight[rater],
        )
        yield PerspectiveVotes(perspective, stimuli, raters, votes)


def limits_of(scale: Scale) -> ScaleLimits:
    return ScaleLimits(scale.minimum, scale.maximum, scale.levels)
