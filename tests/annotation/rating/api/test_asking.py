"""For which scores the API asks for reasons."""

from typing import Any

from annotation.models import (
    Explanation,
    Stimulus,
    Study,
    Trial,
)
from annotation.protocol.forms import ExplanationAsking
from tests.annotation.rating.api.client import SCORES, RaterClient
from tests.annotation.rating.helpers import set_study


def ask(study: Study, **asking: Any) -> None:
    set_study(study, explanation_asked=ExplanationAsking.from_json(asking).to_json())


def test_reasons_are_asked_for_every_image_at_first(rating: RaterClient) -> None:
    assert rating.claim()["trials"][0]["asked_up_to"] == 1


def test_reasons_of_low_scores_alone_are_taken(study: Study, rating: RaterClient) -> None:
    ask(study, when="low", level=2)
    trial = rating.claim()["trials"][0]
    # 2 on 1…5.
    assert trial["asked_up_to"] == 0.25
    reasons = {"quality": {"phrases": {"quality_clarity": 1}}}
    body = rating.submit(trial["id"], {**SCORES, "quality": 3}, explanations=reasons)
    assert (rating.status, body["code"]) == (400, "answer_invalid")
    assert "explanations: quality is not asked for" in body["detail"]
    assert not Explanation.objects.exists()
    rating.submit(trial["id"], {**SCORES, "quality": 2}, explanations=reasons)
    assert rating.status == 200
    # Revised to a score that nobody asks about: its reason is taken back with it.
    rating.submit(trial["id"], {**SCORES, "quality": 4})
    assert rating.status == 200
    current = Explanation.objects.get(superseded_at=None)
    assert (current.phrases, current.text, current.revision) == ({}, "", 2)


def test_whether_an_image_asks_is_fixed_with_its_trial(study: Study, rating: RaterClient) -> None:
    ask(study, when="share", share=1e-9)
    trial = rating.claim()["trials"][0]
    assert trial["asked_up_to"] is None
    # A change of what is asked applies to later trials: this one's page shows no form.
    ask(study, when="every")
    assert rating.claim()["trials"][0]["asked_up_to"] is None
    rating.submit(trial["id"], explanations={"quality": {"text": "blurred"}})
    assert rating.status == 400
    following = rating.submit(trial["id"])["trials"][0]
    assert following["asked_up_to"] == 1


def test_a_lease_that_was_lost_asks_the_same_again(study: Study, rating: RaterClient) -> None:
    ask(study, when="share", share=0.5)
    stimuli = dict(Stimulus.objects.values_list("pk", "filename"))
    asked: dict[int, set[float | None]] = {key: set() for key in stimuli}
    for _time in range(2):
        rating.claim(ahead=2)
        for key, up_to in Trial.objects.values_list("stimulus", "asked_up_to"):
            asked[key].add(up_to)
        Trial.objects.update(state="expired")
    assert sum(len(found) == 1 for found in asked.values()) >= 3
    assert all(len(found) <= 1 for found in asked.values())
