"""Which images a claim hands out, in which order, and when a session is over."""

from typing import Any

import pytest
from django.db import connection, transaction

from annotation.models import Rater, RatingSession, Stimulus, Study, Trial
from annotation.protocol.draw import Draw
from annotation.protocol.goal import Next
from annotation.protocol.sessions import SessionState
from annotation.raters.errors import SessionStateError, StudyNotOpenError
from annotation.rating.claims import Offer, claim_trials
from annotation.rating.slots import TAKE, take_slots
from annotation.rating.submission import read_answer, submit_answer
from tests import factories
from tests.annotation.rating.helpers import access_of, at_once, in_rating, set_study, wrong_counters

SCORES = {"quality": 4, "authenticity": 3, "correspondence": 5}


def rate_all(rater: Rater) -> list[Trial]:
    """Rates until the session is over; the trials in the order of their positions."""
    access = in_rating(rater)
    offer = claim_trials(access=access, ahead=0)
    answer = read_answer(access=access, scores=SCORES, explanations={})
    while offer.trials:
        offer = submit_answer(
            access=access, trial_id=offer.trials[0].id, answer=answer, language="en", ahead=0
        ).offer
    return list(Trial.objects.filter(rater=rater).order_by("position").select_related("stimulus"))


def prioritise(stimuli: list[Stimulus], priorities: list[float]) -> None:
    for stimulus, priority in zip(stimuli, priorities, strict=True):
        Stimulus.objects.filter(pk=stimulus.pk).update(priority=priority)


def shuffle(stimuli: list[Stimulus], numbers: list[float]) -> None:
    for stimulus, number in zip(stimuli, numbers, strict=True):
        Stimulus.objects.filter(pk=stimulus.pk).update(shuffle=number)


def test_the_highest_priority_comes_first_and_chance_decides_among_equals(
    study: Study, rater: Rater
) -> None:
    stimuli = factories.make_stimuli(study, 4)
    prioritise(stimuli, [0.1, 0.9, 0.5, 0.5])
    shuffle(stimuli, [0.0, 0.0, 0.8, 0.3])
    trials = rate_all(rater)
    assert [trial.stimulus_id for trial in trials] == [stimuli[n].pk for n in (1, 3, 2, 0)]
    assert {trial.draw for trial in trials} == {Draw.PRIORITY}


def test_an_audit_draw_ignores_priority(study: Study, rater: Rater) -> None:
    set_study(study, audit_share=1.0)
    stimuli = factories.make_stimuli(study, 3)
    prioritise(stimuli, [0.9, 0.1, 0.5])
    shuffle(stimuli, [0.7, 0.2, 0.5])
    trials = rate_all(rater)
    assert [trial.stimulus_id for trial in trials] == [stimuli[n].pk for n in (1, 2, 0)]
    assert {trial.draw for trial in trials} == {Draw.AUDIT}


def test_an_empty_pool_falls_through_to_the_holdout_and_the_trial_says_so(
    study: Study, rater: Rater
) -> None:
    factories.make_stimuli(study, 1)
    factories.make_stimuli(study, [5, 6], split="holdout")
    assert [trial.draw for trial in rate_all(rater)] == [
        Draw.PRIORITY,
        Draw.HOLDOUT,
        Draw.HOLDOUT,
    ]


def test_an_empty_holdout_falls_through_to_the_pool(study: Study, rater: Rater) -> None:
    set_study(study, holdout_share=0.9)
    factories.make_stimuli(study, 3)
    assert {trial.draw for trial in rate_all(rater)} == {Draw.PRIORITY}


@pytest.mark.parametrize(
    "fields",
    [
        {"purpose": "gold"},
        {"purpose": "practice"},
        {"wanted_ratings": 0},
        {"claimed_ratings": 3},
        {"sha256": "", "image": "", "width": None, "height": None},
    ],
)
def test_what_is_not_wanted_is_not_offered(
    study: Study, rater: Rater, fields: dict[str, object]
) -> None:
    (stimulus,) = factories.make_stimuli(study, 1)
    Stimulus.objects.filter(pk=stimulus.pk).update(**fields)
    offer = claim_trials(access=in_rating(rater), ahead=0)
    assert (offer.trials, offer.state) == ([], SessionState.DONE)


def test_another_studys_images_are_not_offered(study: Study, rater: Rater) -> None:
    other = factories.make_study(study.owner, slug="other")
    factories.make_stimuli(other, 1)
    assert claim_trials(access=in_rating(rater), ahead=0).trials == []


def test_a_claim_holds_a_place_and_a_second_claim_returns_the_same_trials(
    study: Study, rater: Rater
) -> None:
    factories.make_stimuli(study, 5)
    access = in_rating(rater)
    first = claim_trials(access=access, ahead=1)
    again = claim_trials(access=access, ahead=1)
    assert [trial.position for trial in first.trials] == [0, 1]
    assert [trial.id for trial in again.trials] == [trial.id for trial in first.trials]
    assert sorted(Stimulus.objects.values_list("claimed_ratings", flat=True)) == [0, 0, 0, 1, 1]


def test_a_resumed_claim_renews_the_leases(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 1)
    access = in_rating(rater)
    trial = claim_trials(access=access, ahead=0).trials[0]
    Trial.objects.update(lease_expires_at="2020-01-01T00:00:00Z")
    claim_trials(access=access, ahead=0)
    assert Trial.objects.get(pk=trial.id).lease_expires_at >= trial.lease_expires_at


def test_a_session_ends_at_its_length_and_claims_no_further(study: Study, rater: Rater) -> None:
    set_study(study, session_trials=2)
    factories.make_stimuli(study, 5)
    access = in_rating(rater)
    offer = claim_trials(access=access, ahead=2)
    assert (len(offer.trials), offer.total) == (2, 2)
    answer = read_answer(access=access, scores=SCORES, explanations={})
    offers = [
        submit_answer(access=access, trial_id=trial.id, answer=answer, language="en", ahead=2).offer
        for trial in offer.trials
    ]
    assert [(offer.state, offer.answered) for offer in offers] == [
        (SessionState.RATING, 1),
        (SessionState.DONE, 2),
    ]
    session = RatingSession.objects.get()
    assert session.state == "done"
    assert session.ended_at is not None


def test_progress_counts_what_this_rater_can_still_rate(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 4)
    access = in_rating(rater)

    def seen(offer: Offer) -> tuple[int, int]:
        return offer.answered, offer.total

    offer = claim_trials(access=access, ahead=0)
    assert seen(offer) == (0, 4)
    answer = read_answer(access=access, scores=SCORES, explanations={})
    offer = submit_answer(
        access=access, trial_id=offer.trials[0].id, answer=answer, language="en", ahead=1
    ).offer
    assert seen(offer) == (1, 4)


def test_images_locked_by_others_are_waited_for_and_do_not_end_the_session(
    study: Study, rater: Rater, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.make_stimuli(study, 1)
    monkeypatch.setattr("annotation.rating.claims._PAUSE_SECONDS", 0)
    monkeypatch.setattr("annotation.rating.slots.take_slots", lambda **_fields: [])
    offer = claim_trials(access=in_rating(rater), ahead=0)
    assert (offer.trials, offer.state) == ([], SessionState.RATING)


@pytest.mark.parametrize("status", ["draft", "paused", "closed"])
def test_only_an_open_study_gives_out_images(study: Study, rater: Rater, status: str) -> None:
    factories.make_stimuli(study, 1)
    in_rating(rater)
    set_study(study, status=status)
    with pytest.raises(StudyNotOpenError) as caught:
        claim_trials(access=access_of(rater), ahead=0)
    assert caught.value.code == f"study_{status}"


def test_a_session_that_ended_meanwhile_claims_nothing(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 1)
    access = in_rating(rater)
    RatingSession.objects.update(state="withdrawn")
    with pytest.raises(SessionStateError):
        claim_trials(access=access, ahead=0)
    assert not Trial.objects.exists()


def test_counters_equal_recounts_after_a_session(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 5)
    rate_all(rater)
    assert wrong_counters() == 0


_MANY = """
INSERT INTO annotation_stimulus (
    study_id, prompt_id, generator_id, filename, image, display, thumbnail, sha256, width, height,
    metadata, split, purpose, priority, shuffle, wanted_ratings, maximum_ratings, claimed_ratings,
    created_at
)
SELECT study_id, prompt_id, generator_id, 'many ' || number, image, display, thumbnail,
    md5(number::text) || md5(number::text), width, height, metadata,
    CASE WHEN number % 5 = 0 THEN 'holdout' ELSE 'pool' END, 'main',
    random(), random(), 3, 5, number % 4, now()
FROM annotation_stimulus, generate_series(1, 5000) AS number
"""
_MET = """
INSERT INTO annotation_trial (
    study_id, session_id, rater_id, stimulus_id, position, block, role, draw, state, leased_at,
    lease_expires_at, submitted_at, skip_reason, behaviour
)
SELECT study_id, %s, %s, id, row_number() OVER (), 1, 'main', 'priority', 'submitted', now(), now(),
    now(), '', '{}'
FROM annotation_stimulus
"""


@pytest.mark.parametrize(
    ("kind", "index"),
    [
        (Next(Draw.PRIORITY), "stimulus_by_priority"),
        (Next(Draw.PRIORITY, spread=True), "stimulus_by_ratings"),
        (Next(Draw.AUDIT), "stimulus_by_shuffle"),
        (Next(Draw.HOLDOUT), "stimulus_by_shuffle"),
    ],
)
def test_a_claim_reads_the_first_row_of_its_index(
    study: Study, rater: Rater, kind: Next, index: str
) -> None:
    factories.make_stimuli(study, 1)
    access, other = in_rating(rater), in_rating(factories.make_rater(study))
    assert access.session is not None
    assert other.session is not None
    with connection.cursor() as cursor:
        cursor.execute(_MANY)
        cursor.execute(_MET, [other.session.id, other.rater_id])
        cursor.execute("ANALYZE annotation_stimulus, annotation_trial")
        values: dict[str, Any] = {
            "study": study.pk,
            "rater": rater.pk,
            "taken": [],
            "number": 10,
        }
        cursor.execute("EXPLAIN " + TAKE[kind], values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert f"Index Scan using {index} on annotation_stimulus" in plan
    assert "trial_once_per_rater" in plan
    assert "Sort" not in plan


def taken_by(rater: Rater, number: int) -> list[int]:
    """The images on which the rater takes a place by priority."""
    picks = take_slots(
        kind=Next(Draw.PRIORITY),
        number=number,
        study_id=rater.study_id,
        rater_id=rater.pk,
        taken=[],
    )
    return [pick.stimulus_id for pick in picks]


@pytest.mark.parametrize(("teaching_share", "order"), [(0.0, [0, 2, 1]), (1.0, [2, 1, 0])])
def test_a_study_that_teaches_takes_the_images_with_fewest_ratings_first(
    study: Study, rater: Rater, teaching_share: float, order: list[int]
) -> None:
    set_study(study, teaching_share=teaching_share)
    stimuli = factories.make_stimuli(study, 3)
    prioritise(stimuli, [0.9, 0.1, 0.5])
    Stimulus.objects.filter(pk=stimuli[0].pk).update(claimed_ratings=1)
    trials = rate_all(rater)
    assert [trial.stimulus_id for trial in trials] == [stimuli[n].pk for n in order]
    assert {trial.draw for trial in trials} == {Draw.PRIORITY}


def test_places_are_taken_by_one_plan_whatever_their_number(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 60)
    assert [len(taken_by(rater, number)) for number in [1, 2, 3] * 6] == [1, 2, 3] * 6
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans FROM pg_prepared_statements WHERE statement LIKE '%SKIP LOCKED%'"
        )
        assert [plans > 0 for (plans,) in cursor.fetchall()] == [True]


@pytest.mark.django_db(transaction=True)
def test_no_image_is_locked_beyond_those_that_are_taken(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 5)
    others: list[int] = []
    with transaction.atomic():
        first = taken_by(rater, 2)
        # In a transaction of its own, meanwhile.
        at_once(lambda number: others.extend(taken_by(rater, number)), [5])
    assert (len(first), len(others), set(first) & set(others)) == (2, 3, set())
