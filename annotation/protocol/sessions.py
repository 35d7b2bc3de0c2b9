"""The rating session as a state machine: consent → instructions → rating → done.

It can be paused, withdrawn from, stopped by the study's rules, ended after practice, or expire.
Consent starts a session, so the first state that is stored is `instructions`; practice and blocks
are stretches of `rating` (`protocol.plan`).
"""

from enum import StrEnum

from .errors import ProtocolError


class SessionState(StrEnum):
    INSTRUCTIONS = "instructions"
    RATING = "rating"
    #: The rater went away and said so: nothing is held for them meanwhile.
    PAUSED = "paused"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    #: The rater fails a rule that stops (`protocol.reliability_rules`): no other session follows it
    #: until the study's owner lets them continue, which makes this an ordinary end.
    STOPPED = "stopped"
    #: The rater did not pass the study's practice (`protocol.plan`); the same holds for them.
    SCREENED_OUT = "screened_out"
    #: The rater went away and did not come back.
    EXPIRED = "expired"


#: A session in which nothing has happened for so long is over: a rater who comes back is rested,
#: and needs stabilisation again.
EXPIRES_AFTER_HOURS = 12

_LEAVING = frozenset({SessionState.WITHDRAWN, SessionState.EXPIRED})
_TRANSITIONS: dict[SessionState, frozenset[SessionState]] = {
    SessionState.INSTRUCTIONS: _LEAVING | {SessionState.RATING},
    SessionState.RATING: _LEAVING
    | {
        SessionState.PAUSED,
        SessionState.DONE,
        SessionState.STOPPED,
        SessionState.SCREENED_OUT,
    },
    SessionState.PAUSED: _LEAVING | {SessionState.RATING},
    SessionState.DONE: frozenset(),
    SessionState.WITHDRAWN: frozenset(),
    SessionState.STOPPED: frozenset({SessionState.DONE}),
    SessionState.SCREENED_OUT: frozenset({SessionState.DONE}),
    SessionState.EXPIRED: frozenset(),
}


class TransitionError(ProtocolError):
    """A session was asked to enter a state that it may not enter from its own."""


def is_over(state: SessionState) -> bool:
    """Whether the sitting has ended in `state`, which cannot be left any more."""
    return not _TRANSITIONS[state] & _LEAVING


#: After a session in one of these, no other begins until the study's owner says so.
BARRING = frozenset({SessionState.STOPPED, SessionState.SCREENED_OUT})
#: A rater has at most one session in one of these.
OPEN_STATES = tuple(state for state in SessionState if not is_over(state))


def may_become(old: SessionState, new: SessionState) -> bool:
    return new in _TRANSITIONS[old]


def sources_of(new: SessionState) -> tuple[SessionState, ...]:
    """The states from which a session may become `new`, for conditional updates.

    Raises TransitionError if there is none: a session is created in that state.
    """
    found = tuple(old for old in SessionState if may_become(old, new))
    if not found:
        raise TransitionError(f"no session becomes {new}: that is where it starts")
    return found
