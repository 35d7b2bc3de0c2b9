"""One perspective per pass: a block is gone through once for each, and a trial is whole with the
last."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from annotation.models import Explanation, Rater, Score, Stimulus, Study, Trial
from annotation.opinion.export.records import export_records
from annotation.protocol.plan import PLAIN
from annotation.rating.claims import expire_leases
from tests import factories
from tests.annotation.rating.api.client import RaterClient
from tests.annotation.rating.helpers import set_study

PASSES = ("quality", "authenticity", "correspondence")


def in_passes(study: Study, block: int = 2, **plan: Any) -> None:
    settings = replace(PLAIN, block_trials=block, one_per_pass=True, **plan)
    set_study(study, session_plan=settings.to_json())


@pytest.fixture
def rating(study: Study, rater: Rater) -> RaterClient:
    in_passes(study)
    factories.make_stimuli(study, 4)
    return RaterClient(rater).start()


def asked(body: dict[str, list[dict[str, object]]]) -> list[tuple[object, object]]:
    return [(trial["position"], trial["perspectives"]) for trial in body["trials"]]


def test_a_block_is_gone_through_once_per_perspective(rating: RaterClient) -> None:
    body = rating.claim()
    seen = []
    while body["trials"]:
        (trial,) = body["trials"]
        (perspective,) = trial["perspectives"]
        seen.append((trial["position"], perspective))
        body = rating.submit(trial["id"], {perspective: 3})
    # Two blocks of two images, three passes over each: no pass mixes.
    assert seen == [
        (position, perspective)
        for block in ((0, 1), (2, 3))
        for perspective in PASSES
        for position in block
    ]
    assert body["state"] == "done"
    assert Trial.objects.filter(state="submitted", scored=3).count() == 4
    assert Score.objects.count() == 12


def in_order(body: dict[str, Any], rating: RaterClient, ahead: int) -> list[tuple[int, str]]:
    """Rates to the session's end as a page does that holds `ahead` images more, and takes none of
    them back: what it shows, image and question."""
    seen, hand = [], body["trials"]
    while hand:
        trial = hand.pop(0)
        (perspective,) = trial["perspectives"]
        seen.append((trial["position"], perspective))
        body = rating.submit(trial["id"], {perspective: 3}, ahead=ahead)
        offered = asked(body)
        # What was fetched ahead is what comes next, whatever was answered meanwhile.
        assert offered[: len(hand)] == asked({"trials": hand})
        hand = body["trials"]
    assert body["state"] == "done"
    return seen


@pytest.mark.parametrize("ahead", [0, 2])
@pytest.mark.parametrize("block", [1, 2, 3, 5])
def test_no_pass_mixes_however_small_the_block(
    study: Study, rater: Rater, block: int, ahead: int
) -> None:
    in_passes(study, block)
    factories.make_stimuli(study, 7)
    rating = RaterClient(rater).start()
    blocks = [range(first, min(first + block, 7)) for first in range(0, 7, block)]
    assert in_order(rating.claim(ahead), rating, ahead) == [
        (position, perspective)
        for images in blocks
        for perspective in PASSES
        for position in images
    ]


def test_what_comes_ahead_is_of_the_next_pass(rating: RaterClient) -> None:
    assert asked(rating.claim(ahead=2)) == [(0, ["quality"]), (1, ["quality"])]
    first, second = Trial.objects.order_by("position")
    assert asked(rating.submit(first.pk, {"quality": 3}, ahead=2)) == [
        (1, ["quality"]),
        (0, ["authenticity"]),
    ]
    rating.submit(second.pk, {"quality": 3}, ahead=2)
    for trial in (first, second):
        assert Trial.objects.count() == 2
        offer = rating.submit(trial.pk, {"authenticity": 3}, ahead=2)
    # The last pass has begun: what follows it is the next block, and comes ahead.
    assert asked(offer) == [(0, ["correspondence"]), (1, ["correspondence"]), (2, ["quality"])]


def test_a_block_held_by_mistake_waits_for_the_pass_before_it(
    study: Study, rating: RaterClient
) -> None:
    # As when a study starts to ask once per perspective while a page holds two blocks.
    set_study(study, session_plan=replace(PLAIN, block_trials=1).to_json())
    assert [position for position, _asked in asked(rating.claim(ahead=2))] == [0, 1, 2]
    in_passes(study, 1)
    assert asked(rating.claim(ahead=2)) == [(0, ["quality"])]
    body = rating.claim(ahead=2)
    assert in_order(body, rating, 2) == [(place, name) for place in range(4) for name in PASSES]


def test_each_answer_counts_in_the_progress(rating: RaterClient) -> None:
    trial = rating.claim()["trials"][0]["id"]
    assert rating.claim()["progress"] == {"done": 0, "total": 12}
    body = rating.submit(trial, {"quality": 3})
    assert body["progress"] == {"done": 1, "total": 12}
    assert body["trial"] == {"id": trial, "state": "leased", "revision": 1}
    assert rating.get("session/")["progress"] == {"done": 1, "total": 12}


@pytest.mark.django_db(transaction=True)  # an export is one snapshot
def test_an_image_counts_with_its_last_pass(study: Study, rating: RaterClient) -> None:
    trial = rating.claim()["trials"][0]["id"]
    for perspective in PASSES[:2]:
        rating.submit(trial, {perspective: 3})
    assert not [row for record in export_records(study) for row in record["trials"]]
    body = rating.submit(trial, {"correspondence": 5})
    assert body["trial"]["state"] == "submitted"
    (row,) = [row for record in export_records(study) for row in record["trials"]]
    assert row["scores"] == {"quality": 3, "authenticity": 3, "correspondence": 5}
    # One rater, one place, whatever the number of passes.
    assert Stimulus.objects.get(trials=trial).claimed_ratings == 1


def test_what_is_not_asked_for_now_is_refused(rating: RaterClient) -> None:
    trial = rating.claim()["trials"][0]["id"]
    body = rating.submit(trial, {"authenticity": 3})
    assert (rating.status, body["code"]) == (400, "answer_invalid")
    assert body["detail"] == "scores: quality is missing"
    body = rating.submit(trial, {"quality": 3, "authenticity": 3})
    assert body["detail"] == "authenticity is not asked for now; send quality alone"
    reasons = {"authenticity": {"text": "odd"}}
    body = rating.submit(trial, {"quality": 3}, explanations=reasons)
    assert body["detail"] == "authenticity is not asked for now; send quality alone"
    assert not Score.objects.exists()


def test_the_same_answer_again_changes_nothing_and_another_supersedes(rating: RaterClient) -> None:
    trial = rating.claim()["trials"][0]["id"]
    reasons = {"quality": {"phrases": {"quality_clarity": 2}}}
    for _time in range(2):
        body = rating.submit(trial, {"quality": 2}, explanations=reasons)
        assert body["trial"]["revision"] == 1
    rating.submit(trial, {"authenticity": 4})
    # Back to the pass before: the other perspective, and its reasons, stay as they are.
    body = rating.submit(trial, {"authenticity": 5})
    assert body["trial"] == {"id": trial, "state": "leased", "revision": 2}
    current = Score.objects.filter(superseded_at=None).values_list("perspective__key", "value")
    assert dict(current) == {"quality": 2, "authenticity": 5}
    assert Explanation.objects.filter(superseded_at=None).count() == 1
    assert Trial.objects.get(pk=trial).scored == 2


def test_a_lease_that_ran_out_between_two_passes_is_taken_again(rating: RaterClient) -> None:
    trial = rating.claim()["trials"][0]["id"]
    rating.submit(trial, {"quality": 2})
    Trial.objects.update(lease_expires_at="2020-01-01T00:00Z")
    expire_leases()
    assert Trial.objects.get(pk=trial).state == "expired"
    body = rating.submit(trial, {"authenticity": 4})
    assert body["trial"]["state"] == "leased"
    body = rating.submit(trial, {"correspondence": 4})
    assert body["trial"]["state"] == "submitted"


def test_feedback_is_of_what_was_asked(study: Study, rater: Rater) -> None:
    in_passes(study, practice_trials=1)
    factories.make_stimuli(study, 2)
    example = factories.make_stimulus(study, 9, purpose="practice")
    for perspective in PASSES:
        factories.publish(stimulus=example, perspective=perspective, mos=0.5, source="published")
    rating = RaterClient(rater).start()
    body = rating.claim()
    trial = body["trials"][0]
    assert (trial["practice"], body["progress"]) == (True, {"done": 0, "total": 3})
    body = rating.submit(trial["id"], {"quality": 3})
    assert [item["perspective"] for item in body["feedback"]] == ["quality"]
    assert body["trials"][0]["perspectives"] == ["authenticity"]


def test_a_session_with_an_answer_continues_in_passes_though_the_study_changes_its_mind(
    study: Study, rating: RaterClient
) -> None:
    trial = rating.claim()["trials"][0]["id"]
    rating.submit(trial, {"quality": 2})
    set_study(study, session_plan=replace(PLAIN, block_trials=2).to_json())
    by_id = {item["id"]: item["perspectives"] for item in rating.claim(ahead=2)["trials"]}
    assert by_id.get(trial, ["authenticity"]) == ["authenticity"]
    for name in PASSES[1:]:
        body = rating.submit(trial, {name: 3})
    assert body["trial"]["state"] == "submitted"
    whole = RaterClient(factories.make_rater(study)).start().claim()["trials"][0]
    assert whole["perspectives"] == list(PASSES)


def test_measurements_of_the_passes_add_up(rating: RaterClient) -> None:
    trial = rating.claim()["trials"][0]["id"]
    for perspective in PASSES:
        rating.submit(trial, {perspective: 3}, behaviour={"shown_ms": 1000})
    assert Trial.objects.get(pk=trial).behaviour == {"shown_ms": 3000}


def test_an_image_was_on_the_screen_when_it_was_for_its_first_perspective(
    rating: RaterClient,
) -> None:
    trial = rating.claim()["trials"][0]["id"]
    Trial.objects.filter(pk=trial).update(leased_at=timezone.now() - timedelta(minutes=5))
    rating.submit(trial, {"quality": 3}, displayed_ago_ms=120_000)
    first = Trial.objects.get(pk=trial).displayed_at
    assert first is not None
    assert (timezone.now() - first).total_seconds() == pytest.approx(120, abs=2)
    rating.submit(trial, {"authenticity": 3}, displayed_ago_ms=1_000)
    assert Trial.objects.get(pk=trial).displayed_at == first
