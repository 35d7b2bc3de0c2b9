"""Answered trials as arrays, from which raters are measured.

A study of 100,000 images has hundreds of thousands of them. They come by COPY in PostgreSQL's
binary form and become arrays without a Python object per value, of which there would be millions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..models import Perspective, Rater, Stimulus, Study
from ..models.stimulus import COUNTING_STATES
from ..protocol.perspectives import PerspectiveSettings
from ..protocol.plan import Role
from .copying import FLOAT, INTEGER, copy_out
from .correlation import Floats, Integers
from .imported import imported_scores, known_units

#: Roles that say something about a rater: not practice, not stabilisation.
JUDGED: tuple[Role, ...] = (Role.MAIN, Role.REPEAT, Role.GOLD)

# The page's own clock first: what is rated while the network is away reaches the server minutes
# later, and all at once, so that the server's clock would call it too fast.
_ANSWERS = f"""
SELECT trial.rater_id, trial.session_id, trial.stimulus_id,
    array_position(ARRAY[{", ".join(f"'{role}'" for role in JUDGED)}], trial.role::text)::int8,
    COALESCE(
        (trial.behaviour ->> 'shown_ms')::float8 / 1000,
        CASE WHEN trial.submitted_at >= trial.displayed_at
            THEN extract(epoch FROM trial.submitted_at - trial.displayed_at)::float8 END,
        'NaN'
    ),
    COALESCE((trial.behaviour ->> 'away_ms')::float8 / 1000, 'NaN'),
    extract(epoch FROM trial.submitted_at)::float8,
    {{values}}
FROM annotation_trial AS trial
JOIN annotation_rater AS rater ON rater.id = trial.rater_id
{{joins}}
WHERE trial.state = 'submitted' AND trial.role IN ({", ".join(f"'{role}'" for role in JUDGED)})
    AND NOT EXISTS (
        SELECT FROM annotation_stimulus AS stimulus
        WHERE stimulus.id = trial.stimulus_id AND stimulus.state IN ('excluded', 'purged')
    )
    AND {{condition}}
"""  # noqa: S608 -- the parts put in are constants

# Of each perspective, by its place.
_VALUE = "COALESCE(score_{place}.value, 'NaN')"
_JOIN = (
    "LEFT JOIN annotation_score AS score_{place} ON score_{place}.trial_id = trial.id "
    "AND score_{place}.perspective_id = {perspective:d} AND score_{place}.superseded_at IS NULL"
)

_OF_STUDY = "rater.study_id = {study:d}"
# By sitting, as in `studies.sittings.trials_of`.
_OF_RATER = "session_id IN (SELECT id FROM annotation_ratingsession WHERE rater_id = {rater:d})"
_OF_SESSION = "trial.session_id = {session:d}"
# What others say about the same images, if their ratings count.
_OF_OTHERS = """
trial.rater_id <> {rater:d} AND rater.status = 'active' AND trial.role = 'main'
    AND trial.stimulus_id IN (
        SELECT stimulus_id FROM annotation_trial
        WHERE {own} AND state = 'submitted' AND role = 'main'
    )
"""

_IDS = ("rater", "session", "stimulus", "role")
_NUMBERS = ("seconds", "away", "answered_at")


@dataclass(frozen=True)
class Answers:
    """Answered main, repeat and gold trials on images that are not excluded, in no order."""

    #: Keys, (T,).
    rater: Integers
    session: Integers
    stimulus: Integers
    #: Places in `JUDGED`, from 0; (T,).
    role: Integers
    #: On screen before the answer; NaN if unknown. (T,)
    seconds: Floats
    #: While the page was left; NaN if it did not say. (T,)
    away: Floats
    #: Since 1970. (T,)
    answered_at: Floats
    #: On the study's scales, by its perspectives in order; NaN if one was not asked; (T, P).
    scores: Floats

    @property
    def size(self) -> int:
        return int(self.rater.size)

    def of(self, role: Role) -> NDArray[np.bool_]:
        """Which trials have this role; (T,)."""
        which: NDArray[np.bool_] = self.role == JUDGED.index(role)
        return which

    def take(self, rows: NDArray[Any]) -> Self:
        """Only these rows (places, or a mask)."""
        return type(self)(
            self.rater[rows],
            self.session[rows],
            self.stimulus[rows],
            self.role[rows],
            self.seconds[rows],
            self.away[rows],
            self.answered_at[rows],
            self.scores[rows],
        )


def answers_of_study(study: Study) -> Answers:
    return _read(_OF_STUDY.format(study=study.pk), _perspectives(study.pk))


def answers_of_rater(rater: Rater) -> Answers:
    return _read(_OF_RATER.format(rater=rater.pk), _perspectives(rater.study_id))


def answers_of_others(rater: Rater) -> Answers:
    """Main trials of the others who are not excluded, on the images that `rater` has rated."""
    others = _OF_OTHERS.format(rater=rater.pk, own=_OF_RATER.format(rater=rater.pk))
    return _read(others, _perspectives(rater.study_id))


def answers_of_session(session_id: int, perspectives: Sequence[int]) -> Answers:
    """A sitting's own trials: some dozens, whatever the study holds. perspectives: the keys of the
    study's rows, in its order."""
    return _read(_OF_SESSION.format(session=session_id), perspectives)


def answers_of_others_for_session(
    rater_id: int, session_id: int, perspectives: Sequence[int]
) -> Answers:
    """Like `answers_of_others`, on the images of one sitting."""
    others = _OF_OTHERS.format(rater=rater_id, own=f"session_id = {session_id:d}")
    return _read(others, perspectives)


def _perspectives(study_id: int) -> list[int]:
    return list(Perspective.objects.filter(study_id=study_id).values_list("pk", flat=True))


@dataclass(frozen=True)
class KnownScores:
    """Stimulus → scores on the study's scales (P,), NaN if there is none."""

    #: Of gold images: what others said.
    expected: dict[int, Floats] = field(default_factory=dict)
    #: Of attention checks: what their prompts ask for.
    instructed: dict[int, Floats] = field(default_factory=dict)


def known_scores(study_id: int, perspectives: Sequence[PerspectiveSettings]) -> KnownScores:
    """The published scores of gold images and attention checks.

    For an image with several publications their mean is expected, as in `expectations_of`.
    """
    of_gold = imported_scores(study_id).filter(
        stimulus__purpose=Stimulus.Purpose.GOLD, stimulus__state__in=COUNTING_STATES
    )
    gold = list(of_gold.select_related("release", "perspective", "stimulus"))
    checks = {item.stimulus_id for item in gold if item.stimulus.attention_check}
    known = KnownScores()
    columns = {item.key: (column, item.scale) for column, item in enumerate(perspectives)}
    for (stimulus, key), unit in known_units(gold).items():
        if key in columns:
            column, scale = columns[key]
            of_kind = known.instructed if stimulus in checks else known.expected
            scores = of_kind.setdefault(stimulus, np.full(len(columns), np.nan))
            scores[column] = scale.from_unit(unit)
    return known


def _read(condition: str, perspectives: Sequence[int]) -> Answers:
    places = range(len(perspectives))
    query = _ANSWERS.format(
        values=", ".join(_VALUE.format(place=place) for place in places),
        joins="\n".join(
            _JOIN.format(place=place, perspective=perspectives[place]) for place in places
        ),
        condition=condition,
    )
    names = [f"score {place}" for place in places]
    columns = [
        *((name, INTEGER) for name in _IDS),
        *((name, FLOAT) for name in (*_NUMBERS, *names)),
    ]
    found = copy_out(query, columns)
    rater, session, stimulus, role = (found[name] for name in _IDS)
    seconds, away, answered_at = (found[name] for name in _NUMBERS)
    scores = np.stack([found[name] for name in names], axis=1)
    # array_position counts from 1.
    return Answers(rater, session, stimulus, role - 1, seconds, away, answered_at, scores)
