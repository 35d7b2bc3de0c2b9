"""Claiming the next images, keeping their leases, skipping them (docs/decisions/002)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now

from workbench.core.measured import CLAIM_SECONDS
from workbench.core.statements import prepared_cursor

from ..models import RatingSession, Stimulus, Trial
from ..opinion.reliability.judging import Flag
from ..opinion.reliability.selectors import stopping_flags
from ..protocol.sessions import SessionState
from ..protocol.skips import Skip
from ..raters import stopping
from ..raters.access import Access, SessionFacts
from ..raters.errors import (
    ImageWithdrawnError,
    LeaseLostError,
    NoSessionError,
    SessionStateError,
    StudyNotOpenError,
    TrialNotFoundError,
    TrialSkippedError,
)
from . import slots
from .blocks import (
    Standing,
    claim_block,
    left_today,
    practise_again,
    rest_is_due,
    time_is_up,
)
from .facts import (
    COUNTED,
    BlockPlace,
    Holdings,
    OfferedTrial,
    free_images,
    holdings_of,
)
from .practising import Verdict, verdict_of
from .totals import tell_total

#: How many images a browser may hold beyond the one being rated.
AHEAD_LIMIT = 2
#: A claim that finds every free image locked by others at that moment tries again, for less than
#: 200 ms: it holds one of the web server's threads, and the page asks again by itself.
_TRIES = 8
_PAUSE_SECONDS = 0.025
_SWEEP_BATCH = 500

#: How long a page that closes keeps its images: after a reload, or a slip of the hand, they are
#: still there.
RELEASE_SECONDS = 60

# Waits for nobody, so it cannot deadlock: what an answer or a renewal has locked runs out later.
_RELEASE = """
UPDATE annotation_trial SET lease_expires_at = now() + make_interval(secs => %(seconds)s)
WHERE id IN (
    SELECT id FROM annotation_trial
    WHERE session_id = %(session)s AND state = 'leased'
        AND lease_expires_at > now() + make_interval(secs => %(seconds)s)
    FOR UPDATE SKIP LOCKED
)
"""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a rater gets to see next. Rating with no trials means: ask again in a moment, or after
    the rest. While practice lasts, `answered` and `total` count practice trials; if an image
    comes once per perspective, each time counts."""

    trials: list[OfferedTrial]
    answered: int
    total: int
    state: SessionState
    #: Seconds until the session continues; 0 if no rest is due.
    rest: int = 0
    #: None if no trial is in hand.
    block: BlockPlace | None = None


def claim_trials(*, access: Access, ahead: int) -> Offer:
    """The session's leased trials, renewed, and new ones up to `1 + ahead`.

    Ends the session if it has reached its length, nothing is left, or a rule stops it.
    """
    session = rating_session_of(access)
    require_open_study(access)
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_PAUSE_SECONDS)
        with transaction.atomic():
            standing = lock_session(session)
            offer = fill_up(access=access, session=session, standing=standing, ahead=ahead)
        if not must_ask_again(access, offer):
            break
    return offer


def must_ask_again(access: Access, offer: Offer) -> bool:
    """Whether images remain, but each was locked by somebody else at that moment."""
    waits = offer.state is SessionState.RATING and access.study.is_open and not offer.rest
    return waits and not offer.trials


#: The columns of a `Standing`, of a session that the statement locks.
STANDING = """
    next_position, next_block, begun_at, rests_until, expected_trials, statement_timestamp()
"""


def lock_session(session: SessionFacts) -> Standing:
    """Locks the session's row for this transaction, and returns its standing.

    Raises SessionStateError if it is not in rating (any more), ProtocolChangedError if its
    protocol has changed meanwhile.
    """
    with prepared_cursor() as cursor:
        cursor.execute(
            f"SELECT state, protocol_id, {STANDING} "  # noqa: S608 -- names of columns
            "FROM annotation_ratingsession WHERE id = %s FOR UPDATE",
            [session.id],
        )
        row = cursor.fetchone()
    if row is None or row[0] != SessionState.RATING:
        raise SessionStateError(row[0] if row else "deleted")
    session.require(row[1])
    return Standing(*row[2:])


@CLAIM_SECONDS.time()
def fill_up(*, access: Access, session: SessionFacts, standing: Standing, ahead: int) -> Offer:
    """Renews the session's leases and claims blocks until `1 + ahead` trials are in hand, or the
    last of them has a pass left; ends the session if there is nothing more.

    The caller's transaction holds the session's row.
    """
    holdings = holdings_of(session.id, lease_seconds=access.study.lease_seconds)
    if _wants_more(access, holdings, ahead):
        return _with_more(access, session, standing, holdings, ahead)
    total = min(access.study.session_trials, standing.expected)
    return _offer_of(holdings, access.protocol.passes, total, ahead)


def _wants_more(access: Access, holdings: Holdings, ahead: int) -> bool:
    """Whether another block is claimed now; if practice has to be passed, not before its end."""
    protocol = access.protocol
    if protocol.plan.practice_pass_share and holdings.practising:
        return False
    return holdings.wants_more(ahead, protocol.passes)


def _with_more(
    access: Access, session: SessionFacts, standing: Standing, holdings: Holdings, ahead: int
) -> Offer:
    """What is offered when few trials are left in hand: another block, a rest, or the end."""
    passes = access.protocol.passes
    if not holdings.leased and not holdings.placed:
        practice = _after_practice(access, session, standing, ahead)
        if practice is not None:
            return practice
    length, stops = _length(access, session, standing, holdings)
    free = free_images(access)
    standing = tell_total(access, session, standing, holdings, (length, free))
    rest = standing.rest_left
    if access.study.is_open and not rest:
        holdings, rest = _claim_blocks(access, session, standing, holdings, (length, free), ahead)
    if not (holdings.leased or rest) and (holdings.placed >= length or not free):
        done = holdings.done(passes)
        return Offer([], done, done, _finish(access, session, stops))
    total = max(standing.expected, holdings.placed)
    return _offer_of(holdings, passes, total, ahead, rest)


def _after_practice(
    access: Access, session: SessionFacts, standing: Standing, ahead: int
) -> Offer | None:
    """What is offered to a rater who has not passed practice: the same again, or the end; None to
    everybody else."""
    verdict = verdict_of(access, session, standing.block - 1)
    if verdict is Verdict.FAILED:
        stopping.screen_out(access=access, session_id=session.id)
        return Offer([], 0, 0, SessionState.SCREENED_OUT)
    if verdict is Verdict.PASSED or not access.study.is_open:
        return None
    block = practise_again(access=access, session=session, standing=standing)
    if not block:  # the study's owner has withdrawn its images meanwhile
        return None
    return _offer_of(Holdings(0, 0, block), access.protocol.passes, standing.expected, ahead)


def _length(
    access: Access, session: SessionFacts, standing: Standing, holdings: Holdings
) -> tuple[int, tuple[Flag, ...]]:
    """How many trials the session has now, and the rules that it fails: they, and the clock, end
    it with what is in hand.

    It is never longer than the rater was told with the first image that counts.
    """
    length = access.study.session_trials
    if holdings.placed:
        length = min(length, max(standing.expected, holdings.placed))
    today = left_today(access)
    if today is not None:
        length = min(length, max(holdings.answered + today, holdings.placed))
    if time_is_up(access.protocol.plan, standing):
        length = holdings.placed
    # A block ends, or the session; before the first one there is nothing to judge.
    ends = not holdings.leased or holdings.placed < length
    if not ends or standing.block <= 1:
        return length, ()
    stops = stopping_flags(
        study_id=access.study.id,
        rater_id=access.rater_id,
        session_id=session.id,
        protocol_id=session.protocol,
    )
    return (holdings.placed if stops else length), stops


def _claim_blocks(
    access: Access,
    session: SessionFacts,
    standing: Standing,
    holdings: Holdings,
    left: tuple[int, int],
    ahead: int,
) -> tuple[Holdings, int]:
    """What the session holds with the blocks that it claims, and the seconds of a rest that is due.

    left: the session's length, and how many images the rater could be given (`free_images`).
    """
    (length, free), protocol = left, access.protocol
    while _wants_more(access, holdings, ahead) and holdings.placed < length and free:
        if standing.block > 1 and rest_is_due(protocol.plan, standing):
            rest = 0 if holdings.leased else _rest(session, protocol.plan.rest_seconds)
            return holdings, rest
        block = claim_block(
            access=access,
            session=session,
            standing=standing,
            holdings=holdings,
            left=(length - holdings.placed, free),
        )
        if not block:
            break
        standing = standing.after(block)
        placed, holdings = holdings.placed, holdings.with_block(block)
        # The count stops at COUNTED, and some of the block may not be among the images counted.
        free = free if free >= COUNTED else max(free - (holdings.placed - placed), 0)
    return holdings, 0


def _offer_of(holdings: Holdings, passes: int, total: int, ahead: int, rest: int = 0) -> Offer:
    """What is shown of the holdings of a session that will have `total` trials after practice."""
    trials = holdings.shown(ahead, passes)
    block = holdings.block(passes)
    if trials and trials[0].practice and block:
        done, total = block.done, block.size
    else:
        done, total = holdings.done(passes), total * passes
    return Offer(trials, done, total, SessionState.RATING, rest, block)


def _rest(session: SessionFacts, seconds: int) -> int:
    RatingSession.objects.filter(pk=session.id).update(
        rests_until=Now() + timedelta(seconds=seconds)
    )
    return seconds


def _finish(access: Access, session: SessionFacts, stops: tuple[Flag, ...]) -> SessionState:
    """Ends the session; the state that it is in now."""
    if stops:
        stopping.stop_session(access=access, session_id=session.id, flags=stops)
    else:
        RatingSession.objects.filter(pk=session.id, state=SessionState.RATING).update(
            state=SessionState.DONE, ended_at=Now()
        )
    slots.release_session(session_id=session.id)
    return SessionState.STOPPED if stops else SessionState.DONE


def renew_lease(*, access: Access, trial_id: int) -> datetime:
    """Keeps the trial, and all that its session holds, for another lease.

    One that ran out is taken again; LeaseLostError if the image has gone to others.
    """
    with locked_trial(access, trial_id) as trial:
        reacquire(access, trial.pk, trial.state)
        lease = access.study.lease_seconds
        holdings = holdings_of(trial.session_id, lease_seconds=lease)
        expires = {held.id: held.lease_expires_at for held in holdings.leased}
        return expires.get(trial_id, trial.lease_expires_at)


def release_leases(*, access: Access) -> None:
    """The rater's page closes: what its session holds may go to others in RELEASE_SECONDS.

    A page that opens before then continues with the same images.
    """
    session = rating_session_of(access)
    with prepared_cursor() as cursor:
        cursor.execute(_RELEASE, {"session": session.id, "seconds": RELEASE_SECONDS})


def skip_trial(
    *, access: Access, trial_id: int, skip: Skip, ahead: int, displayed_ago_ms: int | None = None
) -> Offer:
    """Gives the image back, never to be offered to this rater again; returns what is next.

    Skipping a skipped trial again changes nothing. displayed_ago_ms: how long ago it was first on
    the screen; None if it never was.
    """
    with locked_trial(access, trial_id) as trial:
        if trial.state == Trial.State.SUBMITTED:
            raise SessionStateError(trial.state)
        if trial.state != Trial.State.SKIPPED:
            reacquire(access, trial.pk, trial.state)
            slots.release_skipped(trial_id=trial_id, skip=skip, displayed_ago_ms=displayed_ago_ms)
    return claim_trials(access=access, ahead=ahead)


@contextmanager
def locked_trial(access: Access, trial_id: int) -> Iterator[Trial]:
    """A transaction that locks the rater's session and trial, in this order like every other.

    Raises TrialNotFoundError if the trial is not theirs, SessionStateError if its session is
    not in rating.
    """
    with transaction.atomic():
        theirs = Trial.objects.filter(pk=trial_id, rater_id=access.rater_id)
        sessions = RatingSession.objects.select_for_update()
        session = sessions.filter(pk__in=theirs.values("session")).first()
        if session is None:
            raise TrialNotFoundError
        if session.state != SessionState.RATING:
            raise SessionStateError(session.state)
        trial = theirs.select_for_update().get()
        yield trial


def reacquire(access: Access, trial_id: int, state: str) -> None:
    """Makes an expired trial hold a slot again.

    Raises LeaseLostError if the slots have gone, ImageWithdrawnError if the image is out of use,
    TrialSkippedError if the rater skipped it.
    """
    if state == Trial.State.SKIPPED:
        raise TrialSkippedError
    if state == Trial.State.EXPIRED and not slots.reacquire_slot(
        trial_id=trial_id, lease_seconds=access.study.lease_seconds
    ):
        used = Trial.objects.filter(pk=trial_id, stimulus__state=Stimulus.State.IN_USE)
        raise LeaseLostError if used.exists() else ImageWithdrawnError


def rating_session_of(access: Access) -> SessionFacts:
    """The open session, which must be in rating."""
    if access.session is None:
        raise NoSessionError
    if access.session.state is not SessionState.RATING:
        raise SessionStateError(access.session.state)
    return access.session


def require_open_study(access: Access) -> None:
    if not access.study.is_open:
        raise StudyNotOpenError(access.study.status)


def expire_leases() -> int:
    """Gives back every lease that ran out, in short transactions; returns how many."""
    total = 0
    while expired := slots.release_expired(limit=_SWEEP_BATCH):
        total += expired
    return total
