"""Going back: what was sent last, and how long it can be changed."""

from dataclasses import replace
from typing import Any

import pytest

from annotation.models import Study
from annotation.protocol.plan import PLAIN
from tests.annotation.rating.api.client import SCORES, RaterClient
from tests.annotation.rating.helpers import set_study

pytestmark = pytest.mark.django_db


def set_plan(study: Study, **settings: Any) -> None:
    set_study(study, session_plan=replace(PLAIN, **settings).to_json())


def answer_all(rating: RaterClient, number: int) -> list[int]:
    """Answers so many images; their trials."""
    answered = []
    for _image in range(number):
        answered.append(rating.claim()["trials"][0]["id"])
        rating.submit(answered[-1])
    return answered


def test_an_offer_says_which_block_and_how_far(rating: RaterClient, study: Study) -> None:
    set_plan(study, block_trials=3)
    assert rating.claim()["block"] == {"number": 1, "done": 0, "size": 3}
    places = []
    for _image in range(4):
        body = rating.submit(rating.claim()["trials"][0]["id"])
        places.append(tuple(body["block"].values()))
    # Five images: a block of three, then the two that are left.
    assert places == [(1, 1, 3), (1, 2, 3), (2, 0, 2), (2, 1, 2)]
    assert rating.submit(rating.claim()["trials"][0]["id"])["block"] is None


def test_each_pass_over_a_block_counts(rating: RaterClient, study: Study) -> None:
    set_plan(study, block_trials=2, one_per_pass=True)
    body = rating.claim()
    for done in range(5):
        assert body["block"] == {"number": 1, "done": done, "size": 6}
        (trial,) = body["trials"]
        name = trial["perspectives"][0]
        body = rating.submit(trial["id"], {name: SCORES[name]})


def test_a_page_that_opens_learns_what_was_sent_last(rating: RaterClient, study: Study) -> None:
    set_plan(study, block_trials=3)
    assert rating.claim()["previous"] is None
    first, second = (rating.claim(1)["trials"][place]["id"] for place in (0, 1))
    reasons = {"authenticity": {"phrases": {"authenticity_distortion": 1}, "text": "six fingers"}}
    rating.submit(first, explanations=reasons)
    rating.submit(second)
    # Changed later, but sent earlier.
    rating.submit(first, {**SCORES, "quality": 1}, explanations=reasons)
    assert rating.claim()["previous"]["trial"]["id"] == second
    rating.submit(second, {**SCORES, "quality": 2}, explanations=reasons)
    previous = rating.claim()["previous"]
    assert previous["trial"]["perspectives"] == ["quality", "authenticity", "correspondence"]
    assert previous["answer"]["scores"] == {**SCORES, "quality": 2}
    (reason,) = previous["answer"]["explanations"].values()
    assert (reason["phrases"], reason["text"]) == ({"authenticity_distortion": 1}, "six fingers")


def test_a_pass_leads_back_to_its_own_answer(rating: RaterClient, study: Study) -> None:
    set_plan(study, block_trials=2, one_per_pass=True)
    trial = rating.claim()["trials"][0]["id"]
    rating.submit(trial, {"quality": 4})
    previous = rating.claim()["previous"]
    assert previous["trial"]["id"] == trial
    assert previous["trial"]["perspectives"] == ["quality"]
    assert previous["answer"] == {"scores": {"quality": 4}, "explanations": {}}


def test_a_block_that_is_over_cannot_be_changed(rating: RaterClient, study: Study) -> None:
    set_plan(study, block_trials=2)
    first, second = answer_all(rating, 2)
    assert rating.claim()["previous"] is None
    for trial in (first, second):
        body = rating.submit(trial, {**SCORES, "quality": 1})
        assert (rating.status, body["code"]) == (409, "not_revisable")
    # The same again is no change, and is what a page sends that had no answer.
    assert rating.submit(second)["trial"]["revision"] == 1
    assert rating.status == 200


def test_between_two_blocks_the_one_that_ended_can_be_changed(
    rating: RaterClient, study: Study
) -> None:
    set_plan(study, block_trials=2)
    first, second = (item["id"] for item in rating.claim(1)["trials"])
    rating.submit(first)
    # A paused study takes what raters hold, and gives nothing new out.
    Study.objects.filter(pk=study.pk).update(status="paused")
    rating.submit(second)
    assert rating.submit(second, {**SCORES, "quality": 1})["trial"]["revision"] == 2


def test_a_study_can_forbid_all_changes(rating: RaterClient, study: Study) -> None:
    set_plan(study, block_trials=5, revisable=False)
    (first,) = answer_all(rating, 1)
    assert rating.claim()["previous"] is None
    body = rating.submit(first, {**SCORES, "quality": 1})
    assert (rating.status, body["code"]) == (409, "not_revisable")


def test_where_a_block_is_one_image_the_last_one_can_be_changed(
    rating: RaterClient, study: Study
) -> None:
    set_plan(study, block_trials=1)
    first, second = answer_all(rating, 2)
    assert rating.claim()["previous"]["trial"]["id"] == second
    assert rating.submit(second, {**SCORES, "quality": 1})["trial"]["revision"] == 2
    assert rating.submit(first, {**SCORES, "quality": 1})["code"] == "not_revisable"
