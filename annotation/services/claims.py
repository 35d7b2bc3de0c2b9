"""Claiming the next images, keeping their leases, skipping them (docs/decisions/002)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from ..models import RatingSession, Trial
from ..protocol.draw import choose_draw, draws_to_try
from ..protocol.sessions import SessionState
from ..protocol.skips import SkipReason
from ..selectors.rating import Access, Holdings, OfferedTrial, SessionFacts, holdings_of
from ..statements import prepared_cursor
from . import places
from .rating_errors import (
    LeaseLostError,
    NoSessionError,
    SessionStateError,
    StudyNotOpenError,
    TrialNotFoundError,
    TrialSkippedError,
)

#: How many images a browser may hold beyond the one being rated.
AHEAD_LIMIT = 2
#: A claim that finds every free image locked by others this instant tries again.
_TRIES = 20
_PAUSE_SECONDS = 0.025
_SWEEP_BATCH = 500

_DISPLAYED = """
UPDATE annotation_trial SET displayed_at = now()
WHERE id = %(trial)s AND rater_id = %(rater)s AND displayed_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a rater gets to see next. Rating with no trials means: ask again in a moment."""

    trials: list[OfferedTrial]
    answered: int
    total: int
    state: SessionState


def claim_trials(*, access: Access, ahead: int) -> Offer:
    """The session's leased trials, renewed, and new ones up to `1 + ahead`.

    Ends the session where it has reached its length or nothing is left.
    """
    session = rating_session_of(access)
    require_open_study(access)
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_PAUSE_SECONDS)
        with transaction.atomic():
            position = lock_session(session)
            _renew_leases(session, access.study.lease_seconds)
            offer = fill_up(access=access, session=session, position=position, ahead=ahead)
        if not must_ask_again(access, offer):
            break
    return offer


def must_ask_again(access: Access, offer: Offer) -> bool:
    """Whether images remain, but each was locked by somebody else at that instant."""
    return not offer.trials and offer.state is SessionState.RATING and access.study.status == "open"


def lock_session(session: SessionFacts) -> int:
    """Locks the session's row for this transaction; its next position.

    Raises SessionStateError where it is not in rating (any more).
    """
    with prepared_cursor() as cursor:
        cursor.execute(
            "SELECT state, next_position FROM annotation_ratingsession WHERE id = %s FOR UPDATE",
            [session.id],
        )
        row = cursor.fetchone()
    if row is None or row[0] != SessionState.RATING:
        raise SessionStateError(row[0] if row else "deleted")
    return int(row[1])


def fill_up(*, access: Access, session: SessionFacts, position: int, ahead: int) -> Offer:
    """Claims up to `1 + ahead` trials in hand; ends the session where there is nothing more.

    The caller's transaction holds the session's row.
    """
    holdings = holdings_of(access, session)
    left = access.study.session_trials - holdings.answered
    wanted = min(1 + ahead, left) - len(holdings.leased) if access.study.status == "open" else 0
    claimed = list(_claim(access, session, position, min(wanted, holdings.available)))
    trials = [*holdings.leased, *claimed]
    over = left <= 0 or not (trials or holdings.available)
    if over:
        _finish(session)
    return _offer(access, holdings, trials, SessionState.DONE if over else SessionState.RATING)


def _offer(
    access: Access, holdings: Holdings, trials: list[OfferedTrial], state: SessionState
) -> Offer:
    over = state is SessionState.DONE
    total = holdings.answered if over else holdings.total(access.study.session_trials)
    return Offer([] if over else trials, holdings.answered, total, state)


def _claim(
    access: Access, session: SessionFacts, position: int, number: int
) -> Iterator[OfferedTrial]:
    for offset in range(number):
        trial = _claim_one(access, session, position + offset)
        if trial is None:
            return
        yield trial


def _claim_one(access: Access, session: SessionFacts, position: int) -> OfferedTrial | None:
    study = access.study
    first = choose_draw(session.seed, position, study.audit_share, study.holdout_share)
    for draw in draws_to_try(first):
        trial = places.take_place(
            draw=draw,
            study_id=study.id,
            rater_id=access.rater_id,
            session_id=session.id,
            lease_seconds=study.lease_seconds,
        )
        if trial is not None:
            return trial
    return None


def _finish(session: SessionFacts) -> None:
    RatingSession.objects.filter(pk=session.id, state=SessionState.RATING).update(
        state=SessionState.DONE, ended_at=Now()
    )
    places.give_back_session(session_id=session.id)


def mark_displayed(*, access: Access, trial_id: int) -> None:
    """Notes when the decoded image was first on the screen."""
    with prepared_cursor() as cursor:
        cursor.execute(_DISPLAYED, {"trial": trial_id, "rater": access.rater_id})
        noted = cursor.rowcount == 1
    if not noted and not Trial.objects.filter(pk=trial_id, rater_id=access.rater_id).exists():
        raise TrialNotFoundError


def renew_lease(*, access: Access, trial_id: int) -> datetime:
    """Keeps the trial for another lease; one that ran out is taken again where it can be had."""
    with locked_trial(access, trial_id) as trial:
        hold_again(access, trial.pk, trial.state)
        seconds = access.study.lease_seconds
        with prepared_cursor() as cursor:
            cursor.execute(
                "UPDATE annotation_trial SET lease_expires_at = now() + %s * interval '1 second' "
                "WHERE id = %s AND state = 'leased' RETURNING lease_expires_at",
                [seconds, trial_id],
            )
            row = cursor.fetchone()
        return row[0] if row else trial.lease_expires_at


def skip_trial(*, access: Access, trial_id: int, reason: SkipReason, ahead: int) -> Offer:
    """Gives the image back, never to be offered to this rater again; answers with what is next.

    Skipping a skipped trial again changes nothing.
    """
    with locked_trial(access, trial_id) as trial:
        if trial.state == Trial.State.SUBMITTED:
            raise SessionStateError(trial.state)
        if trial.state != Trial.State.SKIPPED:
            hold_again(access, trial.pk, trial.state)
            places.give_back_skipped(trial_id=trial_id, reason=reason)
    return claim_trials(access=access, ahead=ahead)


@contextmanager
def locked_trial(access: Access, trial_id: int) -> Iterator[Trial]:
    """A transaction that holds the rater's trial; TrialNotFoundError where it is not theirs."""
    with transaction.atomic():
        trial = (
            Trial.objects.select_for_update().filter(pk=trial_id, rater_id=access.rater_id).first()
        )
        if trial is None:
            raise TrialNotFoundError
        yield trial


def hold_again(access: Access, trial_id: int, state: str) -> None:
    """See to it that an expired trial holds a place again.

    Raises LeaseLostError where the places have gone, TrialSkippedError where the rater skipped it.
    """
    if state == Trial.State.SKIPPED:
        raise TrialSkippedError
    if state == Trial.State.EXPIRED and not places.retake_place(
        trial_id=trial_id, lease_seconds=access.study.lease_seconds
    ):
        raise LeaseLostError


def rating_session_of(access: Access) -> SessionFacts:
    """The open session, which must be in rating."""
    if access.session is None:
        raise NoSessionError
    if access.session.state is not SessionState.RATING:
        raise SessionStateError(access.session.state)
    return access.session


def require_open_study(access: Access) -> None:
    if access.study.status != "open":
        raise StudyNotOpenError(access.study.status)


def expire_leases() -> int:
    """Gives back every lease that ran out, in short transactions; answers how many."""
    total = 0
    while expired := places.give_back_expired(limit=_SWEEP_BATCH):
        total += expired
    return total


def _renew_leases(session: SessionFacts, seconds: int) -> None:
    with prepared_cursor() as cursor:
        cursor.execute(
            "UPDATE annotation_trial SET lease_expires_at = now() + %s * interval '1 second' "
            "WHERE session_id = %s AND state = 'leased'",
            [seconds, session.id],
        )
