"""Who is in session, at which pace, and how far images are covered; figures by hand."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from annotation.models import Rater, Study, Trial
from annotation.opinion.coverage import Coverage, coverage_of
from annotation.raters.monitor import live_sessions
from tests.annotation.answering import answer, sitting
from tests.factories import make_rater, make_stimuli, make_stimulus


def test_pace_is_that_of_the_last_minutes(study: Study, rater: Rater) -> None:
    now = timezone.now()
    stimuli = make_stimuli(study, 4)
    session = sitting(rater, "rating", begun_at=now - timedelta(minutes=30))
    answer(session, stimuli[0], 3, at=now - timedelta(minutes=20), seconds=60)
    for stimulus, seconds in zip(stimuli[1:], (2, 4, 9), strict=True):
        answer(session, stimulus, 3, at=now - timedelta(minutes=1), seconds=seconds)
    live = live_sessions(study)
    (one,) = live.sessions
    assert (one.code, one.state, one.answered, one.recent) == (rater.code, "rating", 4, 3)
    # Three answers within ten minutes.
    assert live.per_minute == pytest.approx(0.3)
    assert live.median_seconds == pytest.approx(4)
    assert live.active == [one]


def test_a_session_that_has_just_begun_is_not_divided_by_ten_minutes(
    study: Study, rater: Rater
) -> None:
    now = timezone.now()
    session = sitting(rater, "rating", begun_at=now - timedelta(minutes=2))
    for stimulus in make_stimuli(study, 6):
        answer(session, stimulus, 3, at=now)
    assert live_sessions(study).per_minute == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize(
    ("state", "lease_minutes", "active"),
    [("rating", 5, True), ("rating", -5, False), ("paused", 5, False), ("instructions", 5, False)],
)
def test_a_rater_with_an_image_in_hand_is_active(
    study: Study, rater: Rater, state: str, lease_minutes: int, *, active: bool
) -> None:
    now = timezone.now()
    Trial.objects.create(
        session=sitting(rater, state),
        rater=rater,
        stimulus=make_stimulus(study, 1),
        position=0,
        draw="priority",
        leased_at=now,
        lease_expires_at=now + timedelta(minutes=lease_minutes),
    )
    (session,) = live_sessions(study).sessions
    assert session.active is active
    assert session.leased == int(lease_minutes > 0)


def test_ended_sessions_and_excluded_raters_are_not_in_session(study: Study) -> None:
    for state, status in [("done", "active"), ("expired", "active"), ("rating", "excluded")]:
        sitting(make_rater(study, status=status), state)
    assert live_sessions(study).sessions == []
    assert live_sessions(study).median_seconds is None


def test_images_are_counted_by_their_ratings(study: Study) -> None:
    # Wanted are 3 of each, of the hold-out's 2. Image 0 has 4, image 1 one, image 2 none.
    stimuli = make_stimuli(study, 3)
    held_out = make_stimulus(study, 7, split="holdout", wanted_ratings=2)
    make_stimulus(study, 8, purpose="gold")
    raters = [make_rater(study) for _number in range(5)]
    Rater.objects.filter(pk=raters[4].pk).update(status="excluded")
    sessions = [sitting(rater) for rater in raters]
    for session in sessions:
        answer(session, stimuli[0], 3)
    answer(sessions[0], stimuli[1], 3)
    # Neither a repeat, nor stabilisation, nor an excluded rater's rating counts.
    answer(sessions[0], stimuli[1], 3, role="repeat")
    answer(sessions[1], stimuli[2], 3, role="stabilisation")
    answer(sessions[4], held_out, 3)
    pool, holdout = coverage_of(study)
    assert pool == Coverage("pool", (1, 1, 0, 0, 1), complete=1, ratings=5, useful=4, wanted=9)
    assert (pool.total, pool.percent) == (3, 44)
    assert holdout == Coverage("holdout", (1, 0, 0), complete=0, ratings=0, useful=0, wanted=2)


def test_the_statements_are_as_many_with_more_raters(
    study: Study, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(6):
        answer(sitting(make_rater(study), "rating"), make_stimulus(study, number), 3)
    with django_assert_max_num_queries(2):
        live_sessions(study)
        coverage_of(study)
