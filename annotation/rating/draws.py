"""Which images a block of a session could have apart from those drawn by priority."""

from dataclasses import dataclass
from statistics import fmean
from typing import Any

from workbench.core.statements import prepared_cursor

from ..models import Trial
from ..opinion.units import UnitScale
from ..protocol.order import Content
from ..raters.access import Access
from ..studies.sittings import trials_of
from .days import midnight, zone_of
from .facts import ELIGIBLE, MET, PROMPT

#: At most so many practice or gold images are considered; no rater sees more.
_KNOWN_LIMIT = 200

_UNMET_KNOWN = f"""
SELECT stimulus.id, {PROMPT}, stimulus.generator_id, json_agg(
    json_build_array(score.value, release.minimum, release.maximum, release.direction)
)
FROM annotation_stimulus AS stimulus
JOIN annotation_opinionscore AS score ON score.stimulus_id = stimulus.id
JOIN annotation_opinionrelease AS release
    ON release.id = score.release_id AND release.kind = 'imported'
WHERE stimulus.study_id = %(study)s AND stimulus.purpose = %(purpose)s AND stimulus.state = 'in_use'
    AND stimulus.sha256 <> ''
    AND NOT EXISTS (
        SELECT 1 FROM annotation_trial AS met
        WHERE met.rater_id = %(rater)s AND met.stimulus_id = stimulus.id
            AND {MET}
    )
GROUP BY stimulus.id
ORDER BY stimulus.shuffle LIMIT %(limit)s
"""  # noqa: S608 -- what is put in is a constant

# From a random place on, and wrapping around: not the images that audits draw first.
_STABILISING = f"""
SELECT stimulus.id, {PROMPT}, stimulus.generator_id, 0
FROM annotation_stimulus AS stimulus
WHERE {ELIGIBLE} AND stimulus.split = 'pool'
    AND stimulus.shuffle {{side}} %(start)s
ORDER BY stimulus.shuffle LIMIT %(limit)s
"""  # noqa: S608 -- what is put in is a constant

_REPEATABLE = f"""
SELECT stimulus.id, {PROMPT}, stimulus.generator_id, 0
FROM annotation_trial AS trial
JOIN annotation_stimulus AS stimulus ON stimulus.id = trial.stimulus_id
WHERE trial.session_id = %(session)s AND trial.role = 'main' AND trial.state = 'submitted'
    AND trial.position < %(before)s AND stimulus.state = 'in_use'
    AND NOT EXISTS (
        SELECT 1 FROM annotation_trial AS again
        WHERE again.session_id = trial.session_id AND again.stimulus_id = trial.stimulus_id
            AND again.role = 'repeat' AND NOT again.state = 'expired'
    )
ORDER BY trial.position
"""  # noqa: S608 -- what is put in is a constant

# What could be repeated some day: also what is in hand, and what came just now.
_UNREPEATED = """
SELECT trial.position
FROM annotation_trial AS trial
JOIN annotation_stimulus AS stimulus ON stimulus.id = trial.stimulus_id
WHERE trial.session_id = %(session)s AND trial.role = 'main'
    AND trial.state IN ('leased', 'submitted') AND stimulus.state = 'in_use'
    AND NOT EXISTS (
        SELECT 1 FROM annotation_trial AS again
        WHERE again.session_id = trial.session_id AND again.stimulus_id = trial.stimulus_id
            AND again.role = 'repeat' AND NOT again.state = 'expired'
    )
"""

_PRACTISED = f"""
SELECT stimulus.id, {PROMPT}, stimulus.generator_id, 0
FROM annotation_trial AS trial
JOIN annotation_stimulus AS stimulus ON stimulus.id = trial.stimulus_id
WHERE trial.session_id = %(session)s AND trial.role = 'practice' AND trial.block = %(block)s
    AND stimulus.state = 'in_use'
ORDER BY trial.position
"""  # noqa: S608 -- what is put in is a constant

_LAST = f"""
SELECT {PROMPT}, stimulus.generator_id
FROM annotation_trial AS trial
JOIN annotation_stimulus AS stimulus ON stimulus.id = trial.stimulus_id
WHERE trial.session_id = %(session)s
ORDER BY trial.position DESC LIMIT 1
"""  # noqa: S608 -- what is put in is a constant


@dataclass(frozen=True, slots=True)
class Candidate:
    """An image that could be in a block; `score` is its known mean on 0…1, if it matters."""

    stimulus_id: int
    content: Content
    score: float


def unmet_known(access: Access, purpose: str) -> list[Candidate]:
    """Images of this purpose with published scores that the rater has not met."""
    rows = _rows(
        _UNMET_KNOWN,
        study=access.study.id,
        rater=access.rater_id,
        purpose=purpose,
        limit=_KNOWN_LIMIT,
    )
    return [
        Candidate(
            stimulus,
            Content(prompt, generator),
            fmean(UnitScale(*scale).of(value) for value, *scale in published),
        )
        for stimulus, prompt, generator, published in rows
    ]


def stabilising(access: Access, number: int, start: float) -> list[Candidate]:
    """Up to `number` images of the pool that the rater has not met, from place `start` on."""
    found: list[Candidate] = []
    for side in (">=", "<"):
        if len(found) < number:
            found += _candidates(
                _STABILISING.format(side=side),
                study=access.study.id,
                rater=access.rater_id,
                start=start,
                limit=number - len(found),
            )
    return found


def repeatable(session_id: int, before: int) -> list[Candidate]:
    """Images rated in this session before position `before` and not repeated yet."""
    return _candidates(_REPEATABLE, session=session_id, before=before)


def unrepeated(session_id: int) -> list[int]:
    """The positions of this session's main trials that have not been repeated."""
    return [position for (position,) in _rows(_UNREPEATED, session=session_id)]


def practised(session_id: int, block: int) -> list[Candidate]:
    """The practice images of one of the session's blocks."""
    return _candidates(_PRACTISED, session=session_id, block=block)


def repeats_of(session_id: int) -> int:
    """How many repeats the session has had, or holds."""
    trials = Trial.objects.filter(session_id=session_id, role=Trial.Role.REPEAT)
    return trials.exclude(state=Trial.State.EXPIRED).count()


def judged_today(rater_id: int) -> int:
    """How many images, practice apart, the rater has judged since their midnight."""
    began = midnight(zone_of(rater_id))
    judged = trials_of(rater_id).filter(submitted_at__gte=began)
    return judged.exclude(role=Trial.Role.PRACTICE).count()


def last_content(session_id: int) -> Content | None:
    """What the session's last trial shows; None if there is none."""
    with prepared_cursor() as cursor:
        cursor.execute(_LAST, {"session": session_id})
        row = cursor.fetchone()
    return Content(*row) if row else None


def _candidates(sql: str, **parameters: Any) -> list[Candidate]:
    return [
        Candidate(stimulus, Content(prompt, generator), float(score))
        for stimulus, prompt, generator, score in _rows(sql, **parameters)
    ]


def _rows(sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with prepared_cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
