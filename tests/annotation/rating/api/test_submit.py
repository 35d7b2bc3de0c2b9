"""POST trials/{id}/submit/."""

import json
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from annotation.models import (
    Explanation,
    Rater,
    RatingSession,
    Score,
    Stimulus,
    Study,
    Trial,
)
from annotation.protocol.aigciqa2023 import default_perspectives
from annotation.protocol.plan import PLAIN
from annotation.protocol.scales import Scale
from annotation.studies.protocols import current_protocol, perspective_ids
from tests import factories
from tests.annotation.rating.api.client import SCORES, RaterClient
from tests.annotation.rating.helpers import set_study

REASONS = {
    "quality": {"phrases": {"quality_clarity": 3}, "text": ""},
    "authenticity": {"phrases": {"authenticity_distortion": 1}, "text": "the face melts"},
}


def current_scores(trial: int) -> dict[str, float]:
    return dict(
        Score.objects.filter(trial_id=trial, superseded_at=None).values_list(
            "perspective__key", "value"
        )
    )


def first(rating: RaterClient) -> int:
    return int(rating.claim()["trials"][0]["id"])


def test_stores_the_scores_and_reasons_and_answers_with_the_next_trial(rating: RaterClient) -> None:
    trial = first(rating)
    body = rating.submit(trial, explanations=REASONS, language="zh-hans")
    assert rating.status == 200
    assert body["trial"] == {"id": trial, "state": "submitted", "revision": 1}
    assert body["progress"] == {"done": 1, "total": 5}
    assert body["state"] == "rating"
    assert [item["position"] for item in body["trials"]] == [1]
    assert current_scores(trial) == SCORES
    stored = {row.perspective.key: row for row in Explanation.objects.filter(trial_id=trial)}
    assert stored.keys() == {"quality", "authenticity"}
    assert stored["authenticity"].phrases == {"authenticity_distortion": 1}
    assert stored["authenticity"].text == "the face melts"
    assert stored["authenticity"].language == "zh-hans"


def test_ahead_hands_out_a_further_trial(rating: RaterClient) -> None:
    body = rating.submit(first(rating), ahead=1)
    assert [item["position"] for item in body["trials"]] == [1, 2]
    body = rating.submit(body["trials"][0]["id"], ahead=1)
    assert [item["position"] for item in body["trials"]] == [2, 3]


def test_the_same_answer_again_changes_nothing_and_answers_the_same(rating: RaterClient) -> None:
    trial = first(rating)
    once = rating.submit(trial, explanations=REASONS)
    again = rating.submit(trial, explanations=REASONS)
    assert again == once
    assert Score.objects.count() == 3
    assert Explanation.objects.count() == 2
    assert Trial.objects.count() == 2


def test_a_first_answer_that_was_overtaken_does_not_take_the_place_of_the_other(
    rating: RaterClient,
) -> None:
    trial = first(rating)
    rating.submit(trial, revises=False)
    rating.submit(trial, {**SCORES, "quality": 1}, revises=True)
    # The first one again: it was slow, and had been repeated meanwhile.
    body = rating.submit(trial, revises=False)
    assert (rating.status, body["code"]) == (409, "trial_answered")
    assert current_scores(trial) == {**SCORES, "quality": 1}
    # Repeating what counts does no harm.
    assert rating.submit(trial, {**SCORES, "quality": 1}, revises=False)["trial"]["revision"] == 2


def test_the_last_answer_again_after_the_session_ended_answers_the_same(
    study: Study, rating: RaterClient
) -> None:
    Study.objects.filter(pk=study.pk).update(session_trials=1)
    trial = first(rating)
    once = rating.submit(trial)
    assert once["state"] == "done"
    assert rating.submit(trial) == once
    assert rating.status == 200


def test_other_scores_make_a_revision_and_keep_the_first(rating: RaterClient) -> None:
    trial = first(rating)
    rating.submit(trial, explanations=REASONS)
    body = rating.submit(trial, {**SCORES, "quality": 1}, explanations=REASONS)
    assert body["trial"]["revision"] == 2
    assert body["progress"]["done"] == 1
    assert current_scores(trial) == {**SCORES, "quality": 1}
    history = Score.objects.filter(trial_id=trial, perspective__key="quality").order_by("revision")
    assert [(row.value, row.superseded_at is None) for row in history] == [(4, False), (1, True)]
    assert Explanation.objects.count() == 2


def test_an_answer_is_not_changed_without_end(
    rating: RaterClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotation.rating.submission.REVISIONS", 3)
    trial = first(rating)
    for quality in (4, 1, 2):
        rating.submit(trial, {**SCORES, "quality": quality})
    refused = rating.submit(trial, {**SCORES, "quality": 3})
    assert (rating.status, refused["code"]) == (409, "not_revisable")
    assert current_scores(trial) == {**SCORES, "quality": 2}
    assert rating.submit(trial, {**SCORES, "quality": 2})["trial"]["revision"] == 3


def test_a_reason_taken_back_is_superseded_by_an_empty_one(rating: RaterClient) -> None:
    trial = first(rating)
    rating.submit(trial, explanations=REASONS)
    body = rating.submit(trial, explanations={"quality": REASONS["quality"]})
    assert body["trial"]["revision"] == 2
    current = Explanation.objects.get(
        trial_id=trial, perspective__key="authenticity", superseded_at=None
    )
    assert (current.phrases, current.text) == ({}, "")
    assert rating.submit(trial, explanations={"quality": REASONS["quality"]})["trial"] == {
        "id": trial,
        "state": "submitted",
        "revision": 2,
    }


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ({"quality": 4, "authenticity": 3}, "scores: correspondence is missing"),
        ({**SCORES, "quality": 4.5}, "scores: quality: 4.5 is not on a step of 1"),
        ({**SCORES, "quality": 0}, "scores: quality: 0 is outside 1…5"),
        ({**SCORES, "quality": 6}, "scores: quality: 6 is outside 1…5"),
        ({**SCORES, "quality": True}, "scores: quality: True is not a number"),
        ({**SCORES, "quality": "4"}, "scores: quality: '4' is not a number"),
        ({**SCORES, "quality": None}, "scores: quality: None is not a number"),
        ({**SCORES, "beauty": 4}, "scores: 'beauty' is not a perspective"),
        ([4, 3, 5], "scores: [4, 3, 5] is not an object"),
    ],
)
def test_a_score_that_does_not_fit_is_refused_by_name(
    rating: RaterClient, scores: Any, message: str
) -> None:
    body = rating.submit(first(rating), scores)
    problem = {"type": "about:blank", "title": "Bad Request", "status": 400}
    expected = {**problem, "code": "answer_invalid", "detail": message}
    assert (rating.status, body) == (400, expected)
    assert not Score.objects.exists()


def test_not_a_number_is_refused(study: Study, rating: RaterClient) -> None:
    trial = first(rating)
    response = Client().post(
        f"/api/v1/rating/trials/{trial}/submit/",
        data=json.dumps({"scores": {**SCORES, "quality": float("nan")}}),
        content_type="application/json",
        headers={"Authorization": f"Rater {rating.token}"},
    )
    assert response.status_code == 400
    assert "NaN" in response.json()["detail"]
    assert not Score.objects.exists()


@pytest.mark.parametrize(
    ("explanations", "part"),
    [
        ({"quality": {"phrases": {"nose": 1}}}, "the form has no field 'nose'"),
        ({"quality": {"phrases": {"authenticity_distortion": 1}}}, "no field"),
        ({"quality": {"phrases": {"quality_clarity": 5}}}, "level 5 is outside 1…4"),
        ({"quality": {"phrases": {"quality_clarity": "2"}}}, "is not a whole number"),
        ({"quality": {"text": "a\0b"}}, "holds a NUL character"),
        ({"quality": {"text": "\ud800"}}, "is not valid Unicode"),
        ({"quality": {"text": 5}}, "is not text"),
        ({"quality": {"text": "x" * 2001}}, "2001 characters, at most 2000 fit"),
        ({"quality": []}, "is not an object"),
        ({"beauty": {}}, "'beauty' is not a perspective"),
    ],
)
def test_a_reason_that_does_not_fit_is_refused_by_name(
    rating: RaterClient, explanations: Any, part: str
) -> None:
    body = rating.submit(first(rating), explanations=explanations)
    assert (rating.status, body["code"]) == (400, "answer_invalid")
    assert part in body["detail"]
    assert not Score.objects.exists()


@pytest.mark.parametrize("language", [[], {}, 7, None])
def test_a_language_that_is_no_text_is_refused(rating: RaterClient, language: Any) -> None:
    body = rating.submit(first(rating), language=language)
    assert (rating.status, body["code"]) == (400, "answer_invalid")


def test_an_unknown_language_is_refused(rating: RaterClient) -> None:
    body = rating.submit(first(rating), language="tlh")
    assert body["detail"] == "language: 'tlh' is not one of en, zh-hans"


def test_another_raters_trial_does_not_exist(study: Study, rating: RaterClient) -> None:
    other = RaterClient(factories.make_rater(study)).start()
    body = other.submit(first(rating))
    assert (other.status, body["code"]) == (404, "trial_not_found")


def test_an_answer_after_the_lease_ran_out_takes_the_place_again(rating: RaterClient) -> None:
    trial = first(rating)
    expire(trial)
    body = rating.submit(trial)
    assert body["trial"]["state"] == "submitted"
    assert Stimulus.objects.get(trials=trial).claimed_ratings == 1


def test_an_answer_after_the_lease_ran_out_and_the_places_went_is_refused_by_name(
    rating: RaterClient,
) -> None:
    trial = first(rating)
    expire(trial)
    Stimulus.objects.filter(trials=trial).update(claimed_ratings=5)
    body = rating.submit(trial)
    assert (rating.status, body["code"]) == (409, "lease_lost")
    assert not Score.objects.exists()
    assert rating.claim()["trials"]


def test_an_answer_to_a_skipped_image_is_refused(rating: RaterClient) -> None:
    trial = first(rating)
    rating.post(f"trials/{trial}/skip/", {"reason": "offensive"})
    body = rating.submit(trial)
    assert (rating.status, body["code"]) == (409, "trial_skipped")


def test_a_paused_study_takes_what_raters_hold_and_gives_out_nothing(
    study: Study, rating: RaterClient
) -> None:
    held = rating.claim(ahead=1)["trials"]
    Study.objects.filter(pk=study.pk).update(status="paused")
    body = rating.submit(held[0]["id"], ahead=1)
    assert (body["state"], [item["id"] for item in body["trials"]]) == ("rating", [held[1]["id"]])
    body = rating.submit(held[1]["id"], ahead=1)
    assert (body["state"], body["trials"]) == ("rating", [])
    answer = rating.claim()
    assert answer == {
        "type": "about:blank",
        "title": HTTPStatus(rating.status).phrase,
        "status": rating.status,
        "code": "study_paused",
        "detail": "This study is paused; please come back later.",
    }


def test_a_closed_study_takes_nothing(study: Study, rating: RaterClient) -> None:
    trial = first(rating)
    Study.objects.filter(pk=study.pk).update(status="closed")
    body = rating.submit(trial)
    assert (rating.status, body["code"]) == (409, "study_closed")


def test_an_answer_after_withdrawing_is_refused(rating: RaterClient) -> None:
    trial = first(rating)
    rating.post("session/withdraw/")
    body = rating.submit(trial)
    assert (rating.status, body["code"]) == (409, "session_state")


def test_a_changed_scale_counts_from_the_next_request_on(study: Study, rating: RaterClient) -> None:
    """While nobody has answered; afterwards the owner's change is refused."""
    trial = first(rating)
    factories.set_perspectives(study, default_perspectives(Scale("acr11", 0, 10, 1)))
    rating.submit(trial, {**SCORES, "quality": 10})
    assert rating.status == 200


def test_few_statements_are_needed(
    study: Study, rating: RaterClient, django_assert_max_num_queries: Any
) -> None:
    set_study(study, session_plan=replace(PLAIN, block_trials=3).to_json())
    trial = first(rating)
    # Read once per process.
    perspective_ids(current_protocol(study.pk).pk)
    # Access; the lock, the answer, and what is held; also a transaction's begin and end.
    with django_assert_max_num_queries(6):
        trial = rating.submit(trial, explanations=REASONS, ahead=1)["trials"][0]["id"]
    # Between two blocks also the free images, the last image, the places and the lease.
    with django_assert_max_num_queries(10):
        rating.submit(trial, explanations=REASONS, ahead=1)
    assert Trial.objects.count() == 5


def test_after_a_practice_image_the_answer_says_what_was_expected(
    study: Study, rater: Rater
) -> None:
    """0.8 of the way from 1 to 5 is 4.2, level 4; one level of five on either side is expected."""
    set_study(study, session_plan={"practice_trials": 1})
    factories.make_stimuli(study, 1)
    (known,) = factories.make_stimuli(study, [50], purpose="practice")
    for source, mos in (("experts", 0.7), ("crowd", 0.9)):
        factories.publish(stimulus=known, perspective="quality", mos=mos, source=source)
    client = RaterClient(rater).start()
    (trial,) = client.claim()["trials"]
    assert (trial["practice"], trial["block"]) == (True, 0)
    answered = client.submit(trial["id"])
    (found,) = answered["feedback"]
    assert found["perspective"] == "quality"
    assert [found[key] for key in ("low", "expected", "high")] == pytest.approx([3.0, 4.0, 5.0])
    (trial,) = answered["trials"]
    assert (trial["practice"], trial["block"]) == (False, 1)
    assert client.submit(trial["id"])["feedback"] == []


def test_no_hidden_role_shows(study: Study, rater: Rater) -> None:
    """A gold image's trial has the keys and the kinds of values of any other's."""
    plan = {"stabilisation_trials": 0, "gold_share": 0.3, "practice_trials": 0}
    set_study(study, session_plan=plan)
    factories.make_stimuli(study, 12)
    (gold,) = factories.make_stimuli(study, [50], purpose="gold")
    factories.publish(stimulus=gold, perspective="quality", mos=0.5, source="experts")
    client = RaterClient(rater).start()
    shown = []
    trials = client.claim()["trials"]
    while trials:
        shown.append(trials[0])
        trials = client.submit(trials[0]["id"])["trials"]
    assert Trial.objects.filter(role="gold").count() == 1
    assert len({tuple(sorted(trial)) for trial in shown}) == 1
    assert {trial["practice"] for trial in shown} == {False}
    assert "gold" not in str(shown)


def test_what_the_page_measured_is_kept_of_the_first_answer(rating: RaterClient) -> None:
    trial = first(rating)
    rating.submit(trial, behaviour={"shown_ms": 4000, "input": "keyboard"})
    rating.submit(trial, {**SCORES, "quality": 1}, behaviour={"shown_ms": 9000})
    assert Trial.objects.get(pk=trial).behaviour == {"shown_ms": 4000, "input": "keyboard"}


def test_a_measurement_that_does_not_fit_is_refused_by_name(rating: RaterClient) -> None:
    body = rating.submit(first(rating), behaviour={"shown_ms": -1})
    assert (rating.status, body["code"]) == (400, "answer_invalid")
    assert "shown_ms" in body["detail"]


def expire(trial: int) -> None:
    """Let the lease run out and the sweeper pass."""
    from annotation.rating.claims import expire_leases

    Trial.objects.filter(pk=trial).update(lease_expires_at=timezone.now() - timedelta(hours=1))
    assert expire_leases() == 1
    assert Stimulus.objects.get(trials=trial).claimed_ratings == 0
    assert RatingSession.objects.filter(state="rating").exists()
