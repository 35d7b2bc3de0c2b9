"""What the database refuses, whoever asks: writes here go round the models' own validation."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from annotation.models import Explanation, Rater, Rating, RatingSession, Stimulus, Study, Trial
from tests.factories import make_rater, make_stimulus


@pytest.fixture
def stimulus(study: Study) -> Stimulus:
    return make_stimulus(study, 1)


@pytest.fixture
def session(rater: Rater) -> RatingSession:
    return RatingSession.objects.create(rater=rater, consented_at=timezone.now(), state="rating")


def make_trial(session: RatingSession, stimulus: Stimulus, **fields: Any) -> Trial:
    now = timezone.now()
    defaults: dict[str, Any] = {"draw": "priority", "leased_at": now, "lease_expires_at": now}
    return Trial.objects.create(
        session=session,
        rater=session.rater,
        stimulus=stimulus,
        **{"position": 0, **defaults, **fields},
    )


def assert_refused(constraint: str, write: Any) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        write()


def test_no_stimulus_holds_more_places_than_its_maximum(stimulus: Stimulus) -> None:
    over = Stimulus.objects.filter(pk=stimulus.pk)
    assert_refused(
        "stimulus_ratings_capped", lambda: over.update(claimed_ratings=F("maximum_ratings") + 1)
    )


def test_a_stimulus_with_a_hash_has_a_file_and_a_size(stimulus: Stimulus) -> None:
    incomplete = Stimulus.objects.filter(pk=stimulus.pk)
    assert_refused("stimulus_file_complete", lambda: incomplete.update(width=None))


def test_a_rater_has_one_open_session(session: RatingSession) -> None:
    assert_refused(
        "session_one_open_per_rater",
        lambda: RatingSession.objects.create(rater=session.rater, consented_at=timezone.now()),
    )


def test_a_rater_meets_a_stimulus_once(session: RatingSession, stimulus: Stimulus) -> None:
    make_trial(session, stimulus)
    assert_refused("trial_once_per_rater", lambda: make_trial(session, stimulus, position=1))


def test_an_expired_trial_leaves_the_stimulus_open_to_the_same_rater(
    session: RatingSession, stimulus: Stimulus
) -> None:
    make_trial(session, stimulus, state="expired")
    assert make_trial(session, stimulus, position=1).pk


def test_two_trials_of_a_session_have_two_positions(
    session: RatingSession, study: Study, stimulus: Stimulus
) -> None:
    make_trial(session, stimulus)
    other = make_stimulus(study, 2)
    assert_refused("trial_position_unique", lambda: make_trial(session, other))


def test_a_submitted_trial_says_when(session: RatingSession, stimulus: Stimulus) -> None:
    trial = Trial.objects.filter(pk=make_trial(session, stimulus).pk)
    assert_refused("trial_submitted_at_set", lambda: trial.update(state="submitted"))


@pytest.mark.parametrize("score", [-0.5, 100.5, float("nan")])
def test_a_score_lies_within_0_and_100(
    session: RatingSession, stimulus: Stimulus, score: float
) -> None:
    trial = make_trial(session, stimulus)
    assert_refused(
        "rating_score_valid",
        lambda: Rating.objects.create(trial=trial, perspective="quality", score=score),
    )


def test_one_rating_per_perspective_is_current(session: RatingSession, stimulus: Stimulus) -> None:
    trial = make_trial(session, stimulus)
    Rating.objects.create(trial=trial, perspective="quality", score=3)
    assert_refused(
        "rating_one_current",
        lambda: Rating.objects.create(trial=trial, perspective="quality", score=4, revision=2),
    )


def test_only_the_three_perspectives_exist(session: RatingSession, stimulus: Stimulus) -> None:
    trial = make_trial(session, stimulus)
    assert_refused(
        "explanation_perspective_valid",
        lambda: Explanation.objects.create(trial=trial, perspective="beauty", language="en"),
    )


def test_only_a_gold_image_is_an_attention_check(stimulus: Stimulus) -> None:
    images = Stimulus.objects.filter(pk=stimulus.pk)
    images.update(purpose="gold", attention_check=True)
    assert_refused("stimulus_attention_check_gold", lambda: images.update(purpose="main"))


def test_the_first_pass_asks_for_no_more_than_the_maximum(study: Study) -> None:
    assert_refused(
        "study_ratings_ordered", lambda: Study.objects.filter(pk=study.pk).update(target_ratings=6)
    )


def test_a_status_outside_the_list_is_refused(study: Study) -> None:
    assert_refused(
        "study_status_valid", lambda: Study.objects.filter(pk=study.pk).update(status="ajar")
    )


def test_identity_is_a_table_of_its_own(study: Study) -> None:
    fields = {field.name for field in make_rater(study)._meta.get_fields() if field.concrete}
    assert not {"name", "email"} & fields
