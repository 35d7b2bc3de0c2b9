"""Pausing, continuing, expiring, and the daily limit."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotation.models import Rater, RatingSession, Stimulus, Study, Trial
from annotation.protocol.plan import PLAIN
from annotation.protocol.sessions import SessionState
from annotation.raters.errors import DailyLimitError, SessionStateError
from annotation.rating.claims import claim_trials, expire_leases
from annotation.rating.sessions import begin_rating, expire_sessions, pause, start_session
from annotation.rating.submission import read_answer, submit_answer
from annotation.rating.tasks import expire_sessions as expire_sessions_task
from tests import factories
from tests.annotation.rating.helpers import access_of, in_rating, set_study, wrong_counters

SCORES = {"quality": 4, "authenticity": 3, "correspondence": 5}
HOUR = timedelta(hours=1)


def test_a_short_pause_continues_with_the_same_images(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 4)
    access = in_rating(rater)
    held = claim_trials(access=access, ahead=1).trials
    pause(access=access)
    begin_rating(access=access_of(rater))
    assert claim_trials(access=access_of(rater), ahead=1).trials == held


def test_a_long_pause_lets_go_of_everything_and_begins_again(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 2)
    access = in_rating(rater)
    claim_trials(access=access, ahead=1)
    assert pause(access=access).state is SessionState.PAUSED
    assert pause(access=access_of(rater)).state is SessionState.PAUSED
    Trial.objects.update(lease_expires_at=timezone.now() - HOUR)
    expire_leases()
    assert Stimulus.objects.filter(claimed_ratings=0).count() == 2
    with pytest.raises(SessionStateError, match="paused"):
        claim_trials(access=access_of(rater), ahead=0)
    begin_rating(access=access_of(rater))
    assert len(claim_trials(access=access_of(rater), ahead=1).trials) == 2
    assert wrong_counters() == 0


def test_a_pause_does_not_count_as_time_in_the_session(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 1)
    pause(access=in_rating(rater))
    now = timezone.now()
    RatingSession.objects.update(begun_at=now - 3 * HOUR, paused_at=now - 2 * HOUR)
    begin_rating(access=access_of(rater))
    session = RatingSession.objects.get()
    # One hour of work, then two of pause, until now.
    assert session.begun_at is not None
    assert abs(session.begun_at - (now - HOUR)) < timedelta(seconds=10)
    assert session.rests_until is not None
    assert session.rests_until <= timezone.now()
    assert session.paused_at is None


def test_only_a_session_in_rating_is_paused(study: Study, rater: Rater) -> None:
    factories.make_session(rater, "instructions")
    with pytest.raises(SessionStateError, match="instructions"):
        pause(access=access_of(rater))


@pytest.mark.parametrize("state", ["instructions", "rating", "paused"])
def test_an_abandoned_session_expires_and_another_may_follow(
    study: Study, rater: Rater, state: str
) -> None:
    factories.make_stimuli(study, 1)
    long_ago = timezone.now() - 13 * HOUR
    factories.make_session(rater, state=state, consented_at=long_ago, paused_at=long_ago)
    assert expire_sessions_task() == 1
    assert RatingSession.objects.get().state == "expired"
    assert RatingSession.objects.get().ended_at is not None
    session, created = start_session(access=access_of(rater), consent=True, client={})
    assert created
    assert session.state is SessionState.INSTRUCTIONS


def test_a_session_with_a_sign_of_life_continues(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 1)
    access = in_rating(rater)
    RatingSession.objects.update(consented_at=timezone.now() - 40 * HOUR)
    claim_trials(access=access, ahead=0)
    assert expire_sessions() == 0
    Trial.objects.update(lease_expires_at=timezone.now() - 13 * HOUR)
    assert expire_sessions() == 1


def test_a_day_has_a_limit_and_a_new_one_begins_at_midnight(study: Study, rater: Rater) -> None:
    set_study(study, session_plan={**PLAIN.to_json(), "daily_trials": 2, "block_trials": 1})
    factories.make_stimuli(study, 4)
    access = in_rating(rater)
    offer = claim_trials(access=access, ahead=0)
    answer = read_answer(access=access, scores=SCORES, explanations={})
    for _ in range(2):
        offer = submit_answer(
            access=access, trial_id=offer.trials[0].id, answer=answer, language="en", ahead=0
        ).offer
    assert (offer.state, offer.answered) == (SessionState.DONE, 2)
    with pytest.raises(DailyLimitError, match="tomorrow"):
        start_session(access=access_of(rater), consent=True, client={})
    Trial.objects.update(submitted_at=timezone.now() - 24 * HOUR)
    assert start_session(access=access_of(rater), consent=True, client={})[1]
