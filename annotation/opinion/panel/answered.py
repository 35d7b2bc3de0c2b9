"""The scores that count, and those of hidden repeats, with where each was given.

They come by COPY, as those for opinion scores do (`opinion.votes`).
"""

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    FloatField,
    QuerySet,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Extract
from numpy.typing import NDArray

from ...models import Score, Study, Trial
from ...studies.counting import counting_scores, counting_trials, repeated_scores
from ..copying import FLOAT, INTEGER, copy_rows
from ..correlation import Floats, Integers
from ..methods import Votes
from ..votes import limits_of
from .figures import Given

#: Draws that are a random sample of their images; what is acquired by priority is none.
SAMPLES = (Trial.Draw.HOLDOUT, Trial.Draw.AUDIT)
_COLUMNS = (
    ("score", INTEGER),
    ("perspective", INTEGER),
    ("stimulus", INTEGER),
    ("rater", INTEGER),
    ("session", INTEGER),
    ("position", INTEGER),
    ("sampled", INTEGER),
    ("seconds", FLOAT),
    ("value", FLOAT),
)
#: On screen before the answer, as in `opinion.answers`.
_SECONDS = Coalesce(
    Cast(KeyTextTransform("shown_ms", "trial__behaviour"), FloatField()) / 1000,
    Case(
        When(
            trial__submitted_at__gte=F("trial__displayed_at"),
            then=Cast(
                Extract(
                    ExpressionWrapper(
                        F("trial__submitted_at") - F("trial__displayed_at"), DurationField()
                    ),
                    "epoch",
                ),
                FloatField(),
            ),
        ),
    ),
    Value(float("nan")),
    output_field=FloatField(),
)


@dataclass(frozen=True)
class Answered:
    """Single scores in the order of their trials; each array (R,)."""

    #: Keys of rows.
    score: Integers
    perspective: Integers
    stimulus: Integers
    rater: Integers
    session: Integers
    #: Place of the trial in its session, from 0.
    position: Integers
    #: 1 if the trial was drawn at random (`SAMPLES`), else 0.
    sampled: Integers
    #: NaN if unknown.
    seconds: Floats
    #: On the perspective's scale.
    value: Floats

    def take(self, rows: NDArray[Any]) -> Self:
        """Only these rows (places, or a mask)."""
        return type(self)(*(getattr(self, item.name)[rows] for item in fields(self)))

    @classmethod
    def joined(cls, one: Self, two: Self) -> Self:
        """The rows of both, one after the other."""
        pairs = ((getattr(one, item.name), getattr(two, item.name)) for item in fields(cls))
        return cls(*(np.concatenate(pair) for pair in pairs))


@dataclass(frozen=True)
class Panel:
    """Who rated, and their votes by perspective, in the study's order."""

    #: Keys of the U raters, ascending, as votes number them.
    raters: Integers
    perspectives: list[Given]


def read_answered(study: Study) -> tuple[Answered, Answered]:
    """Main scores that count, and repeats."""
    return _read(counting_scores(study)), _read(repeated_scores(study))


def draws_of(study: Study) -> dict[str, int]:
    """How many counting ratings came from which draw, the most first."""
    rows = counting_trials(study).order_by().values_list("draw").annotate(number=Count("pk"))
    return dict(sorted(rows, key=lambda row: -row[1]))


def panel_of(study: Study, main: Answered, repeats: Answered) -> Panel:
    """All votes; a repeat of a score that is not in `main` is left out."""
    rows = Answered.joined(main, repeats)
    stimuli, stimulus = np.unique(rows.stimulus, return_inverse=True)
    raters, rater = np.unique(rows.rater, return_inverse=True)
    cell = stimulus * raters.size + rater
    first = np.arange(rows.value.size) < main.value.size
    perspectives = []
    for perspective in study.perspectives.all():
        here = rows.perspective == perspective.pk
        here &= first | np.isin(cell, cell[here & first])
        votes = Votes.of(
            rows.value[here],
            stimulus[here],
            rater[here],
            scale=limits_of(perspective.settings.scale),
            stimuli=stimuli.size,
            subjects=raters.size,
        )
        part = rows.take(here)
        perspectives.append(
            Given(perspective.key, votes, part.session, part.position, part.seconds)
        )
    return Panel(raters, perspectives)


def _read(scores: QuerySet[Score]) -> Answered:
    sampled = When(trial__draw__in=[draw.value for draw in SAMPLES], then=1)
    rows = scores.order_by("trial_id", "perspective_id").values_list(
        "pk",
        "perspective_id",
        "trial__stimulus_id",
        "trial__rater_id",
        "trial__session_id",
        Cast("trial__position", BigIntegerField()),
        Cast(Case(sampled, default=0), BigIntegerField()),
        _SECONDS,
        "value",
    )
    return Answered(**copy_rows(rows, _COLUMNS))
