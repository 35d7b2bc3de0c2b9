import pytest

from annotation.protocol.sessions import (
    OPEN_STATES,
    SessionState,
    TransitionError,
    is_over,
    may_become,
    sources_of,
)

INSTRUCTIONS, RATING, PAUSED, DONE, WITHDRAWN, STOPPED, SCREENED_OUT, EXPIRED = SessionState


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (INSTRUCTIONS, RATING),
        (INSTRUCTIONS, WITHDRAWN),
        (INSTRUCTIONS, EXPIRED),
        (RATING, PAUSED),
        (RATING, DONE),
        (RATING, WITHDRAWN),
        (RATING, EXPIRED),
        (RATING, STOPPED),
        (STOPPED, DONE),
        (RATING, SCREENED_OUT),
        (SCREENED_OUT, DONE),
        (PAUSED, RATING),
        (PAUSED, WITHDRAWN),
        (PAUSED, EXPIRED),
    ],
)
def test_a_session_goes_forward(old: SessionState, new: SessionState) -> None:
    assert may_become(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (RATING, INSTRUCTIONS),
        (INSTRUCTIONS, DONE),
        (INSTRUCTIONS, PAUSED),
        (PAUSED, DONE),
        (EXPIRED, RATING),
        (STOPPED, RATING),
        (DONE, STOPPED),
        (DONE, RATING),
        (DONE, WITHDRAWN),
        (WITHDRAWN, RATING),
        (RATING, RATING),
    ],
)
def test_a_session_never_goes_back_or_leaps(old: SessionState, new: SessionState) -> None:
    assert not may_become(old, new)


def test_a_sitting_ends_in_five_ways() -> None:
    assert [state for state in SessionState if is_over(state)] == [
        DONE,
        WITHDRAWN,
        STOPPED,
        SCREENED_OUT,
        EXPIRED,
    ]


def test_the_sources_of_a_state_are_those_that_may_become_it() -> None:
    assert sources_of(RATING) == (INSTRUCTIONS, PAUSED)
    assert sources_of(WITHDRAWN) == (INSTRUCTIONS, RATING, PAUSED)


def test_nothing_becomes_the_first_state() -> None:
    with pytest.raises(TransitionError, match="no session becomes instructions"):
        sources_of(INSTRUCTIONS)


def test_a_session_is_open_until_it_is_over() -> None:
    assert OPEN_STATES == (INSTRUCTIONS, RATING, PAUSED)
