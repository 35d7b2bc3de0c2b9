"""Leases that run out, are kept, are taken again; images that are skipped."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from annotation.models import Rater, RatingSession, Stimulus, Study, Trial
from annotation.opinion.export.records import export_records
from annotation.protocol.skips import Skip, SkipReason
from annotation.raters.errors import (
    LeaseLostError,
    NoSessionError,
    SessionStateError,
    TrialNotFoundError,
    TrialSkippedError,
)
from annotation.rating.claims import (
    RELEASE_SECONDS,
    claim_trials,
    expire_leases,
    release_leases,
    renew_lease,
    skip_trial,
)
from annotation.rating.facts import HOLDINGS
from annotation.rating.sessions import withdraw
from annotation.rating.submission import read_answer, submit_answer
from annotation.rating.tasks import expire_leases as expire_leases_task
from tests import factories
from tests.annotation.answering import answer
from tests.annotation.rating.helpers import access_of, in_rating, set_study, wrong_counters

SCORES = {"quality": 4, "authenticity": 3, "correspondence": 5}


def let_time_pass() -> None:
    """Every lease ran out an hour ago; the sweeper has not run yet."""
    Trial.objects.update(lease_expires_at=timezone.now() - timedelta(hours=1))


def claimed() -> int:
    return sum(Stimulus.objects.values_list("claimed_ratings", flat=True))


def test_a_lease_that_ran_out_gives_its_place_back(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 3)
    claim_trials(access=in_rating(rater), ahead=1)
    assert expire_leases() == 0
    let_time_pass()
    expire_leases_task()
    assert set(Trial.objects.values_list("state", flat=True)) == {"expired"}
    assert (claimed(), wrong_counters(), expire_leases()) == (0, 0, 0)


def test_two_leases_on_one_image_are_counted_back_twice(study: Study) -> None:
    factories.make_stimuli(study, 1)
    for _number in range(2):
        claim_trials(access=in_rating(factories.make_rater(study)), ahead=0)
    assert claimed() == 2
    let_time_pass()
    assert expire_leases() == 2
    assert (claimed(), wrong_counters()) == (0, 0)


def test_an_image_whose_lease_ran_out_may_come_back(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 1)
    access = in_rating(rater)
    first = claim_trials(access=access, ahead=0).trials[0]
    let_time_pass()
    expire_leases()
    second = claim_trials(access=access, ahead=0).trials[0]
    assert second.id != first.id
    assert (second.position, claimed()) == (1, 1)


def test_a_trial_replaced_by_another_of_the_same_image_cannot_be_held_again(
    study: Study, rater: Rater
) -> None:
    factories.make_stimuli(study, 1)
    access = in_rating(rater)
    first = claim_trials(access=access, ahead=0).trials[0]
    let_time_pass()
    expire_leases()
    claim_trials(access=access, ahead=0)
    with pytest.raises(LeaseLostError):
        renew_lease(access=access, trial_id=first.id)
    assert wrong_counters() == 0


def test_a_repeat_replaced_by_another_of_the_same_image_cannot_be_held_again(
    study: Study, rater: Rater
) -> None:
    (image,) = factories.make_stimuli(study, 1)
    access = in_rating(rater)
    session = RatingSession.objects.get()
    answer(session, image, 3)
    late, second = (answer(session, image, 3, role="repeat") for _time in range(2))
    Trial.objects.filter(pk=late.pk).update(state="expired", submitted_at=None)
    with pytest.raises(LeaseLostError):
        renew_lease(access=access, trial_id=late.pk)
    # While the other one is expired too, either may be answered: the first answer decides.
    Trial.objects.filter(pk=second.pk).update(state="expired", submitted_at=None)
    renew_lease(access=access, trial_id=late.pk)
    with pytest.raises(LeaseLostError):
        renew_lease(access=access, trial_id=second.pk)


def test_renewing_puts_the_expiry_off(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 1)
    access = in_rating(rater)
    trial = claim_trials(access=access, ahead=0).trials[0]
    let_time_pass()
    expires = renew_lease(access=access, trial_id=trial.id)
    assert expires >= trial.lease_expires_at
    assert expire_leases() == 0


def test_renewing_after_the_sweep_takes_the_place_again(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 1)
    access = in_rating(rater)
    trial = claim_trials(access=access, ahead=0).trials[0]
    let_time_pass()
    expire_leases()
    renew_lease(access=access, trial_id=trial.id)
    assert Trial.objects.get().state == "leased"
    assert (claimed(), wrong_counters()) == (1, 0)


def test_a_page_of_an_ended_session_takes_nothing_back(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 1)
    access = in_rating(rater)
    trial = claim_trials(access=access, ahead=0).trials[0]
    withdraw(access=access)
    with pytest.raises(SessionStateError, match="withdrawn"):
        renew_lease(access=access, trial_id=trial.id)
    with pytest.raises(SessionStateError, match="withdrawn"):
        skip_trial(access=access, trial_id=trial.id, skip=Skip(SkipReason.CANNOT_JUDGE), ahead=0)
    assert (claimed(), wrong_counters()) == (0, 0)


def seconds_left() -> list[float]:
    expiries = Trial.objects.filter(state="leased").values_list("lease_expires_at", flat=True)
    return [(expiry - timezone.now()).total_seconds() for expiry in expiries]


def test_a_page_that_closes_keeps_its_images_for_a_minute_only(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 3)
    access = in_rating(rater)
    claim_trials(access=access, ahead=2)
    claim_trials(access=in_rating(factories.make_rater(study)), ahead=0)
    release_leases(access=access)
    ours, others = sorted(seconds_left())[:3], sorted(seconds_left())[3:]
    assert all(0 < seconds <= RELEASE_SECONDS for seconds in ours)
    assert all(seconds > 200 for seconds in others)
    assert (claimed(), wrong_counters()) == (4, 0)


def test_a_page_that_opens_again_in_time_continues_with_the_same_images(
    study: Study, rater: Rater
) -> None:
    factories.make_stimuli(study, 3)
    access = in_rating(rater)
    before = claim_trials(access=access, ahead=1).trials
    release_leases(access=access)
    after = claim_trials(access=access, ahead=1).trials
    assert [trial.id for trial in after] == [trial.id for trial in before]
    assert min(seconds_left()) > 200


def test_a_page_that_closes_late_does_not_lengthen_what_is_left(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 1)
    access = in_rating(rater)
    claim_trials(access=access, ahead=0)
    Trial.objects.update(lease_expires_at=timezone.now() + timedelta(seconds=5))
    release_leases(access=access)
    assert max(seconds_left()) <= 5


def test_only_a_session_in_rating_lets_go(study: Study, rater: Rater) -> None:
    with pytest.raises(NoSessionError):
        release_leases(access=access_of(rater))
    factories.make_session(rater, state="paused", paused_at=timezone.now())
    with pytest.raises(SessionStateError):
        release_leases(access=access_of(rater))


def test_an_image_that_others_filled_cannot_be_held_again(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 1)
    access = in_rating(rater)
    trial = claim_trials(access=access, ahead=0).trials[0]
    let_time_pass()
    expire_leases()
    Stimulus.objects.update(claimed_ratings=5)
    with pytest.raises(LeaseLostError):
        renew_lease(access=access, trial_id=trial.id)
    assert Trial.objects.get().state == "expired"


def test_an_answered_trial_does_not_expire(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 2)
    access = in_rating(rater)
    trial = claim_trials(access=access, ahead=0).trials[0]
    answer = read_answer(access=access, scores=SCORES, explanations={})
    submit_answer(access=access, trial_id=trial.id, answer=answer, language="en", ahead=0)
    let_time_pass()
    expire_leases()
    assert Trial.objects.get(pk=trial.id).state == "submitted"
    assert (claimed(), wrong_counters()) == (1, 0)


def test_a_skipped_image_goes_back_and_never_returns_to_this_rater(
    study: Study, rater: Rater
) -> None:
    factories.make_stimuli(study, 2)
    access = in_rating(rater)
    trial = claim_trials(access=access, ahead=0).trials[0]
    offer = skip_trial(access=access, trial_id=trial.id, skip=Skip(SkipReason.OFFENSIVE), ahead=0)
    skipped = Trial.objects.get(pk=trial.id)
    assert (skipped.state, skipped.skip_reason) == ("skipped", "offensive")
    assert (len(offer.trials), offer.answered, claimed()) == (1, 1, 1)
    offer = skip_trial(
        access=access, trial_id=offer.trials[0].id, skip=Skip(SkipReason.CANNOT_JUDGE), ahead=0
    )
    assert offer.state == "done"
    assert (claimed(), wrong_counters()) == (0, 0)
    other = claim_trials(access=in_rating(factories.make_rater(study)), ahead=0)
    assert len(other.trials) == 1


def test_skipping_twice_gives_back_once(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 3)
    access = in_rating(rater)
    trial = claim_trials(access=access, ahead=0).trials[0]
    for _number in range(2):
        skip_trial(access=access, trial_id=trial.id, skip=Skip(SkipReason.CANNOT_JUDGE), ahead=0)
    assert wrong_counters() == 0


def test_an_answered_trial_cannot_be_skipped_nor_a_skipped_one_renewed(
    study: Study, rater: Rater
) -> None:
    factories.make_stimuli(study, 3)
    access = in_rating(rater)
    trial, other = claim_trials(access=access, ahead=1).trials
    answer = read_answer(access=access, scores=SCORES, explanations={})
    submit_answer(access=access, trial_id=trial.id, answer=answer, language="en", ahead=0)
    with pytest.raises(SessionStateError):
        skip_trial(access=access, trial_id=trial.id, skip=Skip(SkipReason.CANNOT_JUDGE), ahead=0)
    skip_trial(access=access, trial_id=other.id, skip=Skip(SkipReason.CANNOT_JUDGE), ahead=0)
    with pytest.raises(TrialSkippedError):
        renew_lease(access=access, trial_id=other.id)


def test_withdrawing_gives_everything_in_hand_back_and_keeps_what_was_sent(
    study: Study, rater: Rater
) -> None:
    factories.make_stimuli(study, 4)
    access = in_rating(rater)
    trial = claim_trials(access=access, ahead=2).trials[0]
    answer = read_answer(access=access, scores=SCORES, explanations={})
    submit_answer(access=access, trial_id=trial.id, answer=answer, language="en", ahead=2)
    withdraw(access=access_of(rater))
    assert RatingSession.objects.get().state == "withdrawn"
    assert (claimed(), wrong_counters()) == (1, 0)
    withdraw(access=access_of(rater))


def test_another_raters_trial_is_not_found(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 1)
    trial = claim_trials(access=in_rating(rater), ahead=0).trials[0]
    stranger = in_rating(factories.make_rater(study))
    with pytest.raises(TrialNotFoundError):
        renew_lease(access=stranger, trial_id=trial.id)
    with pytest.raises(TrialNotFoundError):
        skip_trial(access=stranger, trial_id=trial.id, skip=Skip(SkipReason.CANNOT_JUDGE), ahead=0)


@pytest.mark.django_db(transaction=True)
def test_a_draw_stays_marked_through_expiry_answer_revision_and_export(
    study: Study, rater: Rater
) -> None:
    set_study(study, audit_share=1.0)
    factories.make_stimuli(study, 2)
    access = in_rating(rater)
    trial = claim_trials(access=access, ahead=0).trials[0]
    let_time_pass()
    assert expire_leases() == 1
    for quality in (4, 2):
        answer = read_answer(access=access, scores={**SCORES, "quality": quality}, explanations={})
        submit_answer(access=access, trial_id=trial.id, answer=answer, language="en", ahead=0)
    # The study is changed, and the model wants the image above all.
    set_study(study, audit_share=0.0)
    Stimulus.objects.update(priority=9)
    ((kept,),) = (record["trials"] for record in export_records(study) if record["trials"])
    assert (kept["draw"], kept["scores"]["quality"], kept["revisions"]["quality"]) == (
        "audit",
        2,
        2,
    )


_OTHERS = """
WITH someone AS (
    INSERT INTO annotation_ratingsession (rater_id, state, seed, client, consented_at, stopped_by,
        next_position, next_block, expected_trials, protocol_id)
    SELECT %(rater)s, 'done', number, '{}', now(), '[]', 0, 1, 0, %(protocol)s
    FROM generate_series(1, 200) AS number
    RETURNING id
)
INSERT INTO annotation_trial (
    study_id, session_id, rater_id, stimulus_id, position, block, role, draw, state, leased_at,
    lease_expires_at, skip_reason, behaviour
)
SELECT %(study)s, someone.id, %(rater)s, %(stimulus)s, place, 1, 'repeat', 'plan', 'leased',
    now(), now(), '', '{}'
FROM someone, generate_series(1, 20) AS place
"""


def test_what_a_session_holds_is_found_without_reading_others_leases(
    study: Study, rater: Rater
) -> None:
    (stimulus,) = factories.make_stimuli(study, 1)
    session = in_rating(rater).session
    other = factories.make_rater(study)
    values = {
        "study": study.pk,
        "rater": other.pk,
        "stimulus": stimulus.pk,
        "protocol": session.protocol if session else 0,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OTHERS, values)
        cursor.execute("ANALYZE annotation_trial")
        cursor.execute(
            "EXPLAIN " + HOLDINGS, {"session": session.id if session else 0, "lease": 60}
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    # Either index begins with the session; which is cheaper is the planner's choice.
    by_session = ("trial_leases_of_session", "trial_position_unique")
    assert sum(plan.count(index) for index in by_session) == 2
    assert "on trial_leases " not in plan
    assert "Seq Scan on annotation_trial" not in plan
