"""The rating session as a state machine: consent → instructions → rating → done, or withdrawn.

Consent is what starts a session, so the first state that is stored is `instructions`.
"""

from enum import StrEnum

from .errors import ProtocolError


class SessionState(StrEnum):
    INSTRUCTIONS = "instructions"
    RATING = "rating"
    DONE = "done"
    WITHDRAWN = "withdrawn"


_TRANSITIONS: dict[SessionState, frozenset[SessionState]] = {
    SessionState.INSTRUCTIONS: frozenset({SessionState.RATING, SessionState.WITHDRAWN}),
    SessionState.RATING: frozenset({SessionState.DONE, SessionState.WITHDRAWN}),
    SessionState.DONE: frozenset(),
    SessionState.WITHDRAWN: frozenset(),
}


class TransitionError(ProtocolError):
    """A session asked to go where it may not."""


def is_over(state: SessionState) -> bool:
    """Whether nothing can follow `state`."""
    return not _TRANSITIONS[state]


def may_become(old: SessionState, new: SessionState) -> bool:
    return new in _TRANSITIONS[old]


def sources_of(new: SessionState) -> tuple[SessionState, ...]:
    """The states from which a session may become `new`, for conditional updates.

    Raises TransitionError where there is none: a session is created in that state.
    """
    found = tuple(old for old in SessionState if may_become(old, new))
    if not found:
        raise TransitionError(f"no session becomes {new}: that is where it starts")
    return found
