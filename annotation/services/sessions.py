"""Starting, beginning and leaving a rating session; its states are `protocol.sessions`."""

import json
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from ..models import RatingSession
from ..protocol.answers import storable_text
from ..protocol.errors import ProtocolError
from ..protocol.sessions import SessionState, sources_of
from ..selectors.rating import Access, SessionFacts, find_access, images_remain
from . import places
from .claims import require_open_study
from .rating_errors import (
    ConsentMissingError,
    InvalidAnswerError,
    NoSessionError,
    SessionStateError,
    StudyFullError,
)

_CLIENT_FACTS_LIMIT = 4096


def start_session(*, access: Access, consent: bool, client: object) -> tuple[SessionFacts, bool]:
    """The rater's open session, and whether it is new.

    `client` is what the browser says about viewing conditions: a JSON object of up to 4 KiB.
    """
    require_open_study(access)
    facts = _client_facts(client)
    if access.session is not None:
        return access.session, False
    if not consent:
        raise ConsentMissingError
    if not images_remain(access):
        raise StudyFullError
    return _create(access, facts)


def _create(access: Access, facts: Mapping[str, Any]) -> tuple[SessionFacts, bool]:
    try:
        with transaction.atomic():
            session = RatingSession.objects.create(
                rater_id=access.rater_id, client=facts, consented_at=Now()
            )
    except IntegrityError:
        # Another tab started one in this moment: the constraint lets only one be open.
        return _existing(access), False
    return SessionFacts(session.pk, SessionState.INSTRUCTIONS, session.seed), True


def _existing(access: Access) -> SessionFacts:
    now = find_access(access.code)
    if now is None or now.session is None:
        raise NoSessionError
    return now.session


def begin_rating(*, access: Access) -> SessionFacts:
    """From the instructions to rating; doing it twice is no harm."""
    session = _open_session(access)
    if session.state is SessionState.RATING:
        return session
    require_open_study(access)
    if not _change(session, SessionState.RATING, begun_at=Now()):
        raise SessionStateError(session.state)
    return SessionFacts(session.id, SessionState.RATING, session.seed)


def withdraw(*, access: Access) -> None:
    """Ends the open session at the rater's wish; its images go back. Ratings sent stay.

    Does nothing where no session is open, so that a repeated request is no harm.
    """
    if access.session is None:
        return
    with transaction.atomic():
        if _change(access.session, SessionState.WITHDRAWN, ended_at=Now()):
            places.give_back_session(session_id=access.session.id)


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
    """Raises InvalidAnswerError unless it is a JSON object that fits."""
    if not isinstance(client, Mapping):
        raise InvalidAnswerError(f"client: {client!r} is not an object")
    text = json.dumps(client, ensure_ascii=False, allow_nan=False)
    if len(text) > _CLIENT_FACTS_LIMIT:
        raise InvalidAnswerError(f"client: {len(text)} characters, {_CLIENT_FACTS_LIMIT} fit")
    try:
        storable_text(text, "client")
        storable_text(text.replace("\\u0000", "\0"), "client")
    except ProtocolError as error:
        raise InvalidAnswerError(str(error)) from error
    return client
