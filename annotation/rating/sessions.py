"""Starting, beginning and leaving a rating session; its states are `protocol.sessions`."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from ..models import RatingSession
from ..protocol.sessions import EXPIRES_AFTER_HOURS, SessionState, sources_of
from ..raters.access import Access, SessionFacts, find_access
from ..raters.errors import (
    ConsentMissingError,
    DailyLimitError,
    InvalidAnswerError,
    NoSessionError,
    RaterStoppedError,
    SessionStateError,
    StudyFullError,
)
from ..studies.protocols import current_protocol
from . import slots
from .blocks import day_is_full
from .claims import require_open_study
from .days import ZONE, known_zone
from .facts import images_remain, last_ended_session

_CLIENT_FACTS_LIMIT = 4096

# A lease that was claimed or renewed is the latest sign of life. Waits for nobody, so it cannot
# deadlock with a change of the protocol, which locks several sessions too.
_EXPIRE = """
UPDATE annotation_ratingsession SET state = 'expired', ended_at = now()
WHERE id IN (
    SELECT session.id FROM annotation_ratingsession AS session
    WHERE state = ANY (%(open)s) AND now() - make_interval(hours => %(hours)s) > GREATEST(
        session.consented_at, session.paused_at,
        (
            SELECT max(trial.lease_expires_at) FROM annotation_trial AS trial
            WHERE trial.session_id = session.id
        )
    )
    FOR UPDATE SKIP LOCKED
)
"""


def start_session(*, access: Access, consent: bool, client: object) -> tuple[SessionFacts, bool]:
    """The rater's open session, and whether it is new.

    `client` is what the browser reports about viewing conditions: a JSON object of up to 4 KiB.
    """
    require_open_study(access)
    facts = _client_facts(client)
    if access.session is not None:
        return access.session, False
    if not consent:
        raise ConsentMissingError
    last = last_ended_session(access)
    if last is not None and last.state is SessionState.STOPPED:
        raise RaterStoppedError
    if day_is_full(access):
        raise DailyLimitError
    if not images_remain(access):
        raise StudyFullError
    return _create(access, facts)


def _create(access: Access, facts: Mapping[str, Any]) -> tuple[SessionFacts, bool]:
    try:
        with transaction.atomic():
            protocol = current_protocol(access.study.id)
            session = RatingSession.objects.create(
                rater_id=access.rater_id, protocol=protocol, client=facts, consented_at=Now()
            )
    except IntegrityError:
        # Another tab started one at the same moment: the constraint lets only one be open.
        return _existing(access), False
    return SessionFacts(session.pk, SessionState.INSTRUCTIONS, session.seed, protocol.pk), True


def _existing(access: Access) -> SessionFacts:
    now = find_access(access.code)
    if now is None or now.session is None:
        raise NoSessionError
    return now.session


def begin_rating(*, access: Access) -> SessionFacts:
    """From the instructions, or a pause, to rating; doing it twice does no harm."""
    session = _open_session(access)
    if session.state is SessionState.RATING:
        return session
    require_open_study(access)
    resumed = session.state is SessionState.PAUSED
    # A pause does not count as time in the session, and it counts as a rest.
    times: dict[str, Any] = (
        {"begun_at": F("begun_at") + (Now() - F("paused_at")), "rests_until": Now()}
        if resumed
        else {"begun_at": Now()}
    )
    if not _change(session, SessionState.RATING, paused_at=None, **times):
        raise SessionStateError(session.state)
    return replace(session, state=SessionState.RATING)


def pause(*, access: Access) -> SessionFacts:
    """Stops the session's clock until `begin_rating`; doing it twice does no harm.

    What the session holds stays the rater's until its leases run out: after a short pause they
    continue with the same image.
    """
    session = _open_session(access)
    if session.state is SessionState.PAUSED:
        return session
    if not _change(session, SessionState.PAUSED, paused_at=Now()):
        raise SessionStateError(session.state)
    return replace(session, state=SessionState.PAUSED)


def withdraw(*, access: Access) -> None:
    """Ends the open session at the rater's wish; its images go back. Ratings sent stay.

    Does nothing if no session is open, so that a repeated request does no harm.
    """
    if access.session is None:
        return
    with transaction.atomic():
        if _change(access.session, SessionState.WITHDRAWN, ended_at=Now()):
            slots.release_session(session_id=access.session.id)


def expire_sessions() -> int:
    """Ends open sessions in which nothing has happened for hours; returns how many.

    Their leases ran out long ago: a lease is shorter than a session's patience.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _EXPIRE,
            {
                "open": [str(state) for state in sources_of(SessionState.EXPIRED)],
                "hours": EXPIRES_AFTER_HOURS,
            },
        )
        return int(cursor.rowcount)


def _change(session: SessionFacts, new: SessionState, **fields: Any) -> bool:
    changed = RatingSession.objects.filter(pk=session.id, state__in=sources_of(new)).update(
        state=new, **fields
    )
    return changed == 1


def _open_session(access: Access) -> SessionFacts:
    if access.session is None:
        raise NoSessionError
    return access.session


def _client_facts(client: object) -> Mapping[str, Any]:
    """Raises InvalidAnswerError unless it is a JSON object (`json_reader`) that fits."""
    if not isinstance(client, Mapping):
        raise InvalidAnswerError(f"client: {client!r} is not an object")
    text = json.dumps(client, ensure_ascii=False, allow_nan=False)
    if len(text) > _CLIENT_FACTS_LIMIT:
        raise InvalidAnswerError(
            f"client: {len(text)} characters, at most {_CLIENT_FACTS_LIMIT} fit"
        )
    # A browser may know a zone that this server does not; that is no reason to turn anyone away.
    unknown = known_zone(client.get(ZONE)) is None
    return {name: value for name, value in client.items() if name != ZONE or not unknown}
