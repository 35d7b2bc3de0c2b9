"""Taking a rater's answer: checked, appended, safe to repeat (docs/decisions/003)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from workbench.core.statements import prepared_cursor

from ..models import Explanation, Score, Trial
from ..protocol.answers import Answer, Reason, parse_answer
from ..protocol.behaviour import added, parse_behaviour
from ..protocol.errors import ProtocolError
from ..protocol.forms import is_asked
from ..protocol.plan import Role
from ..protocol.practice import Expectation
from ..protocol.sessions import SessionState
from ..raters.access import Access, SessionFacts
from ..raters.errors import (
    AnsweredError,
    InvalidAnswerError,
    NotRevisableError,
    SessionStateError,
    StudyNotOpenError,
    TrialNotFoundError,
)
from ..studies.protocols import perspective_ids
from . import claims, slots
from .blocks import Standing
from .claims import Offer
from .expectations import expectations_of
from .facts import holdings_of
from .last_answer import may_revise

_NOTHING = Reason()
#: How often one answer can be changed. People do it once or twice; each change is a row that stays.
REVISIONS = 30

# The session's row first, then the trial's: the same order on every path, so none deadlocks.
_LOCK = f"""
WITH session AS MATERIALIZED (
    SELECT id, state, seed, protocol_id, {claims.STANDING} FROM annotation_ratingsession
    WHERE id = (
        SELECT session_id FROM annotation_trial WHERE id = %(trial)s AND rater_id = %(rater)s
    )
    FOR UPDATE
)
SELECT trial.id, trial.state, trial.role, trial.asked_up_to, trial.scored, trial.block, session.*
FROM session, annotation_trial AS trial WHERE trial.id = %(trial)s FOR UPDATE OF trial
"""  # noqa: S608 -- the part put in is a constant

# A first answer, whole, in one statement: this runs once per rating.
_STORE = f"""
WITH trial AS (
    UPDATE annotation_trial
    SET state = CASE WHEN %(whole)s THEN 'submitted' ELSE state END,
        submitted_at = CASE WHEN %(whole)s THEN now() END,
        scored = %(count)s, behaviour = %(behaviour)s::jsonb, displayed_at = {slots.DISPLAYED_AT}
    WHERE id = %(trial)s AND state = 'leased' RETURNING id
), scores AS (
    INSERT INTO annotation_score (trial_id, perspective_id, value, revision, created_at)
    SELECT trial.id, given.perspective, given.value, 1, now()
    FROM trial, unnest(%(scored)s::bigint[], %(scores)s::float8[]) AS given (perspective, value)
), explanations AS (
    INSERT INTO annotation_explanation (
        trial_id, perspective_id, phrases, text, regions, words, language, revision, created_at
    )
    SELECT trial.id, given.perspective, given.phrases::jsonb, given.text, given.regions::jsonb,
        given.words::jsonb, %(language)s, 1, now()
    FROM trial, unnest(
        %(explained)s::bigint[], %(phrases)s::text[], %(texts)s::text[], %(regions)s::text[],
        %(words)s::text[]
    ) AS given (perspective, phrases, text, regions, words)
)
SELECT id FROM trial
"""  # noqa: S608 -- the part put in is a constant


@dataclass(frozen=True, slots=True)
class Submission:
    """The outcome of an answer, and what is next. `revision` counts from 1."""

    trial_id: int
    #: Whether all perspectives have their scores now.
    whole: bool
    revision: int
    offer: Offer
    #: After a practice trial, the expected scores.
    feedback: list[Expectation]


@dataclass(frozen=True, slots=True)
class _Locked:
    trial_id: int
    trial_state: str
    role: str
    asked_up_to: float | None
    scored: int
    block: int
    session: SessionFacts
    standing: Standing
    #: In the study's order; the first ones have scores.
    perspectives: tuple[str, ...]

    @property
    def done(self) -> tuple[str, ...]:
        submitted = self.trial_state == Trial.State.SUBMITTED
        return self.perspectives if submitted else self.perspectives[: self.scored]

    def is_whole_with(self, answer: Answer) -> bool:
        return len({*self.done, *answer.scores}) == len(self.perspectives)


def read_answer(*, access: Access, scores: object, explanations: object) -> Answer:
    """The answer as it came over the wire, checked against the session's scales and form.

    Whether it has the scores that are asked for is checked under the trial's lock.
    """
    protocol = access.protocol
    try:
        return parse_answer(scores, explanations, protocol.perspectives, protocol.form, whole=False)
    except ProtocolError as error:
        raise InvalidAnswerError(str(error)) from error


def read_behaviour(*, access: Access, data: object) -> dict[str, Any]:
    """The measurements as they came over the wire."""
    try:
        return parse_behaviour(data, [item.key for item in access.protocol.perspectives])
    except ProtocolError as error:
        raise InvalidAnswerError(str(error)) from error


def submit_answer(
    *,
    access: Access,
    trial_id: int,
    answer: Answer,
    language: str,
    ahead: int,
    behaviour: Mapping[str, Any] | None = None,
    displayed_ago_ms: int | None = None,
    revises: bool = True,
) -> Submission:
    """Stores the answer and claims what is next, in one transaction.

    The same answer again changes nothing; another one supersedes the first while the rater is in
    its block and the study allows it (else NotRevisableError). An answer to a lease that ran out is
    accepted if its image still has a free slot. If the study goes through its images once per
    perspective, an answer is for one of them, and the trial is submitted with the last. Raises
    InvalidAnswerError for a score that is missing or not asked for now, for a reason that the trial
    does not ask for, and for a word that its prompt does not have.

    behaviour, displayed_ago_ms (how long ago the image was first on the screen): for the first
        answer; a rater who revises has seen the image before.
    revises: False for a first answer, which must not replace one that overtook it (a slow request
        that was repeated, another device): then AnsweredError.
    """
    with transaction.atomic():
        locked = _lock(access, trial_id)
        repeated = _is_repeated(access, locked, answer)
        _refuse_unasked(access, answer, locked.asked_up_to)
        _refuse_absent_words(answer, trial_id)
        if repeated:
            revision = _revise(access, locked, answer, language, revises)
        else:
            behaviour = behaviour or {}
            revision = _store(access, locked, answer, language, behaviour, displayed_ago_ms)
        offer = _next_offer(access, locked, ahead)
    if claims.must_ask_again(access, offer):
        offer = claims.claim_trials(access=access, ahead=ahead)
    practice = locked.role == Role.PRACTICE
    expected = expectations_of(access, trial_id) if practice else []
    feedback = [item for item in expected if item.perspective in answer.scores]
    return Submission(trial_id, locked.is_whole_with(answer), revision, offer, feedback)


def _lock(access: Access, trial_id: int) -> _Locked:
    with prepared_cursor() as cursor:
        cursor.execute(_LOCK, {"trial": trial_id, "rater": access.rater_id})
        row = cursor.fetchone()
    if row is None:
        raise TrialNotFoundError
    session = SessionFacts(row[6], SessionState(row[7]), *row[8:10])
    if access.session is not None and access.session.id == session.id:
        access.session.require(session.protocol)
    names = tuple(item.key for item in access.protocol.perspectives)
    standing = Standing(*row[10:])
    trial_id, state, role, asked_up_to, scored, block = row[:6]
    return _Locked(trial_id, state, role, asked_up_to, scored, block, session, standing, names)


def _is_repeated(access: Access, locked: _Locked, answer: Answer) -> bool:
    """Whether the answer is for perspectives that have their scores; else it is for what is asked
    now. Raises InvalidAnswerError if it is neither."""
    protocol = access.protocol
    repeated = any(name in answer.scores for name in locked.done)
    asked = [item.key for item in protocol.asked_now(locked.scored)]
    allowed = locked.done if repeated else asked
    if not (repeated and protocol.plan.one_per_pass):
        for name in allowed:
            if name not in answer.scores:
                raise InvalidAnswerError(f"scores: {name} is missing")
    for name in (*answer.scores, *answer.reasons):
        if name not in allowed or name not in answer.scores:
            raise InvalidAnswerError(
                f"{name} is not asked for now; send {' and '.join(allowed)} alone"
            )
    return repeated


def _refuse_unasked(access: Access, answer: Answer, up_to: float | None) -> None:
    """Reasons that nobody asked for would bias the sample of those asked for."""
    for item in access.protocol.perspectives:
        if item.key not in answer.reasons:
            continue
        if not is_asked(up_to, item.scale, answer.scores[item.key]):
            raise InvalidAnswerError(
                f"explanations: {item.key} is not asked for on this trial; leave it out"
            )


def _refuse_absent_words(answer: Answer, trial_id: int) -> None:
    """The prompt is read only if words of it are marked: one more statement, for few answers."""
    if not answer.marks_words:
        return
    prompts = Trial.objects.filter(pk=trial_id).values_list("stimulus__prompt__text", flat=True)
    try:
        answer.check_words(prompts.get())
    except ProtocolError as error:
        raise InvalidAnswerError(str(error)) from error


def _require_rating(access: Access, session: SessionFacts) -> None:
    if session.state is not SessionState.RATING:
        raise SessionStateError(session.state)
    if not access.study.takes_answers:
        raise StudyNotOpenError(access.study.status)


def _store(
    access: Access,
    locked: _Locked,
    answer: Answer,
    language: str,
    behaviour: Mapping[str, Any],
    displayed_ago_ms: int | None,
) -> int:
    _require_rating(access, locked.session)
    claims.reacquire(access, locked.trial_id, locked.trial_state)
    if locked.scored:
        earlier = Trial.objects.values_list("behaviour", flat=True).get(pk=locked.trial_id)
        behaviour = added(earlier, behaviour)
    ids = perspective_ids(locked.session.protocol)
    with prepared_cursor() as cursor:
        cursor.execute(
            _STORE,
            {
                "trial": locked.trial_id,
                "whole": locked.is_whole_with(answer),
                "count": locked.scored + len(answer.scores),
                "scored": [ids[name] for name in answer.scores],
                "scores": list(answer.scores.values()),
                "explained": [ids[name] for name in answer.reasons],
                "phrases": [json.dumps(reason.phrases) for reason in answer.reasons.values()],
                "texts": [reason.text for reason in answer.reasons.values()],
                "regions": [json.dumps(reason.regions) for reason in answer.reasons.values()],
                "words": [json.dumps(reason.words) for reason in answer.reasons.values()],
                "language": language,
                "behaviour": json.dumps(behaviour),
                "displayed_ago_ms": displayed_ago_ms,
            },
        )
    return 1


def _revise(access: Access, locked: _Locked, answer: Answer, language: str, revises: bool) -> int:
    """Supersedes what differs; returns the revision that now counts."""
    trial_id = locked.trial_id
    given = Score.objects.filter(trial_id=trial_id)
    explanations = Explanation.objects.filter(trial_id=trial_id)
    last = max(
        given.aggregate(last=Max("revision"))["last"] or 0,
        explanations.aggregate(last=Max("revision"))["last"] or 0,
    )
    scores, reasons = _differences(trial_id, answer)
    if not scores and not reasons:
        return last
    if not revises:
        raise AnsweredError
    _require_rating(access, locked.session)
    if last >= REVISIONS or not may_revise(access, locked.session.id, locked.block):
        raise NotRevisableError
    ids = perspective_ids(locked.session.protocol)
    for rows, changed in ((given, scores), (explanations, reasons)):
        rows.filter(superseded_at=None, perspective_id__in=[ids[name] for name in changed]).update(
            superseded_at=Now()
        )
    _append(trial_id, ids, scores, reasons, language, last + 1)
    return last + 1


def _differences(trial_id: int, answer: Answer) -> tuple[dict[str, float], dict[str, Reason]]:
    """The scores and reasons that differ from what counts now; a withdrawn reason is empty."""
    old_scores = dict(
        Score.objects.filter(trial_id=trial_id, superseded_at=None).values_list(
            "perspective__key", "value"
        )
    )
    old_reasons = {
        perspective: Reason(*reason)
        for perspective, *reason in Explanation.objects.filter(
            trial_id=trial_id, superseded_at=None, perspective__key__in=list(answer.scores)
        ).values_list("perspective__key", "phrases", "text", "regions", "words")
    }
    scores = {key: score for key, score in answer.scores.items() if old_scores.get(key) != score}
    reasons = {
        key: answer.reasons.get(key, _NOTHING)
        for key in old_reasons.keys() | answer.reasons.keys()
        if old_reasons.get(key, _NOTHING) != answer.reasons.get(key, _NOTHING)
    }
    return scores, reasons


def _append(
    trial_id: int,
    ids: Mapping[str, int],
    scores: Mapping[str, float],
    reasons: Mapping[str, Reason],
    language: str,
    revision: int,
) -> None:
    Score.objects.bulk_create(
        Score(trial_id=trial_id, perspective_id=ids[key], value=value, revision=revision)
        for key, value in scores.items()
    )
    Explanation.objects.bulk_create(
        Explanation(
            trial_id=trial_id,
            perspective_id=ids[key],
            phrases=reason.phrases,
            text=reason.text,
            regions=reason.regions,
            words=reason.words,
            language=language,
            revision=revision,
        )
        for key, reason in reasons.items()
    )


def _next_offer(access: Access, locked: _Locked, ahead: int) -> Offer:
    session = locked.session
    if session.state is SessionState.RATING:
        return claims.fill_up(access=access, session=session, standing=locked.standing, ahead=ahead)
    # A repeated answer after the session's end.
    answered = holdings_of(session.id).done(access.protocol.passes)
    return Offer([], answered, answered, session.state)
