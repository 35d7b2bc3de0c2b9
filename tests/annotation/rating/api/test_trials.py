"""POST claims/, renew/ and skip/, and when an image was on the screen."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from annotation.models import Rater, Study, Trial
from tests import factories
from tests.annotation.rating.api.client import SCORES, RaterClient


def test_a_claim_answers_with_everything_that_the_rater_is_shown_and_nothing_more(
    rating: RaterClient,
) -> None:
    body = rating.claim()
    (trial,) = body["trials"]
    stored = Trial.objects.select_related("stimulus__prompt").get(pk=trial["id"])
    assert trial == {
        "id": stored.pk,
        "position": 0,
        "block": 1,
        "practice": False,
        "prompt": stored.stimulus.prompt.text,
        "image": {"url": trial["image"]["url"], "width": 48, "height": 32},
        "lease_expires_at": trial["lease_expires_at"],
        "asked_up_to": 1.0,
        "perspectives": ["quality", "authenticity", "correspondence"],
        "scores": None,
    }
    expires = datetime.fromisoformat(trial["lease_expires_at"])
    assert expires == stored.lease_expires_at
    assert (expires - stored.leased_at).total_seconds() == 300
    assert body["progress"] == {"done": 0, "total": 5}
    assert body["state"] == "rating"


def test_the_image_opens_by_its_signed_address_and_does_not_name_its_generator(
    rating: RaterClient,
) -> None:
    url = rating.claim()["trials"][0]["image"]["url"]
    assert "generator" not in url
    assert Client().get(url).status_code == 200
    assert Client().get(url.split("?")[0]).status_code == 404


@pytest.mark.parametrize(("ahead", "number"), [(0, 1), (1, 2), (2, 3)])
def test_ahead_claims_more_at_once(rating: RaterClient, ahead: int, number: int) -> None:
    assert len(rating.claim(ahead)["trials"]) == number


@pytest.mark.parametrize("ahead", [-1, 3, True, "1", None, 1.5])
def test_another_ahead_is_refused(rating: RaterClient, ahead: Any) -> None:
    body = rating.claim(ahead)
    assert (rating.status, body["code"]) == (400, "answer_invalid")
    assert body["detail"] == f"ahead: {ahead!r} is not within 0…2"


def test_claiming_before_the_instructions_are_read_is_refused(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 1)
    client = RaterClient(rater)
    body = client.claim()
    assert (client.status, body["code"]) == (409, "no_session")
    client.post("session/", {"consent": True})
    body = client.claim()
    assert (client.status, body["code"]) == (409, "session_state")


def test_the_session_ends_when_nothing_is_left(rating: RaterClient) -> None:
    body = rating.claim()
    for _number in range(5):
        body = rating.submit(body["trials"][0]["id"])
    assert (body["state"], body["trials"]) == ("done", [])
    assert body["progress"] == {"done": 5, "total": 5}
    assert rating.get("session/")["session"] is None


def given_out(trial: int, seconds: float) -> None:
    """Lets `seconds` pass since the trial was given out."""
    Trial.objects.filter(pk=trial).update(leased_at=timezone.now() - timedelta(seconds=seconds))


def displayed_ago(trial: int) -> float:
    """How many seconds ago its image was first on the screen."""
    at = Trial.objects.get(pk=trial).displayed_at
    assert at is not None
    return (timezone.now() - at).total_seconds()


@pytest.mark.parametrize(
    ("ago_ms", "seconds"),
    [
        (4_000, 4),
        (0, 0),
        # Earlier than the trial was given out: a clock that was set while the answer waited.
        (3_600_000, 60),
        (10**25, 60),
    ],
)
@pytest.mark.parametrize("action", ["submit", "skip"])
def test_an_answer_says_how_long_ago_its_image_was_on_the_screen(
    rating: RaterClient, action: str, ago_ms: int, seconds: float
) -> None:
    trial = rating.claim()["trials"][0]["id"]
    given_out(trial, 60)
    body = {"scores": SCORES, "reason": "offensive", "displayed_ago_ms": ago_ms}
    rating.post(f"trials/{trial}/{action}/", body)
    assert rating.status == 200
    assert displayed_ago(trial) == pytest.approx(seconds, abs=2)


def test_an_image_that_was_never_on_the_screen_has_no_time(rating: RaterClient) -> None:
    trial = rating.claim()["trials"][0]["id"]
    rating.post(f"trials/{trial}/skip/", {"reason": "does_not_load", "displayed_ago_ms": None})
    assert Trial.objects.get(pk=trial).displayed_at is None


def test_a_changed_answer_leaves_the_first_time_as_it_was(rating: RaterClient) -> None:
    trial = rating.claim()["trials"][0]["id"]
    given_out(trial, 60)
    rating.submit(trial, displayed_ago_ms=40_000)
    rating.submit(trial, {**SCORES, "quality": 1}, displayed_ago_ms=1_000)
    assert displayed_ago(trial) == pytest.approx(40, abs=2)


@pytest.mark.parametrize("ago", [-1, 1.5, "1", True, [1]])
def test_another_time_is_refused(rating: RaterClient, ago: Any) -> None:
    trial = rating.claim()["trials"][0]["id"]
    body = rating.submit(trial, displayed_ago_ms=ago)
    assert (rating.status, body["code"]) == (400, "answer_invalid")
    assert body["detail"] == f"displayed_ago_ms: {ago!r} is not a whole number from 0 on"


def test_renewing_answers_with_the_new_expiry(rating: RaterClient) -> None:
    trial = rating.claim()["trials"][0]
    Trial.objects.update(lease_expires_at="2020-01-01T00:00:00Z")
    body = rating.post(f"trials/{trial['id']}/renew/")
    expires = datetime.fromisoformat(body["lease_expires_at"])
    assert expires >= datetime.fromisoformat(trial["lease_expires_at"])


def test_a_page_that_closes_lets_go_of_what_it_holds(rating: RaterClient) -> None:
    trials = rating.claim(ahead=1)["trials"]
    assert rating.post("session/release/") is None
    assert rating.status == 204
    for trial in Trial.objects.filter(state="leased"):
        assert trial.lease_expires_at < datetime.fromisoformat(trials[0]["lease_expires_at"])
    again = rating.claim(ahead=1)["trials"]
    assert [trial["id"] for trial in again] == [trial["id"] for trial in trials]


def test_without_a_session_there_is_nothing_to_let_go_of(rater: Rater) -> None:
    client = RaterClient(rater)
    body = client.post("session/release/")
    assert (client.status, body["code"]) == (409, "no_session")


def test_skipping_answers_with_the_next_image(rating: RaterClient) -> None:
    trial = rating.claim()["trials"][0]["id"]
    body = rating.post(f"trials/{trial}/skip/", {"reason": "does_not_load", "ahead": 1})
    assert [item["position"] for item in body["trials"]] == [1, 2]
    assert body["progress"] == {"done": 1, "total": 5}
    assert Trial.objects.get(pk=trial).skip_reason == "does_not_load"


def test_skipping_without_a_known_reason_is_refused(rating: RaterClient) -> None:
    trial = rating.claim()["trials"][0]["id"]
    body = rating.post(f"trials/{trial}/skip/", {"reason": "ugly"})
    assert (rating.status, body["code"]) == (400, "answer_invalid")
    assert body["detail"].startswith("reason: 'ugly' is not one of does_not_load")


def test_another_reason_needs_words(rating: RaterClient) -> None:
    trial = rating.claim()["trials"][0]["id"]
    body = rating.post(f"trials/{trial}/skip/", {"reason": "other", "note": "  "})
    assert (rating.status, body["code"]) == (400, "answer_invalid")
    assert body["detail"] == "note: required if the reason is 'other': say why in a few words"
    rating.post(f"trials/{trial}/skip/", {"reason": "other", "note": "I know the painter."})
    skipped = Trial.objects.get(pk=trial)
    assert (skipped.skip_reason, skipped.skip_note) == ("other", "I know the painter.")


@pytest.mark.parametrize("action", ["renew", "submit", "skip"])
@pytest.mark.parametrize("number", [0, 10**25])
def test_a_trial_that_does_not_exist_is_not_found(
    rating: RaterClient, action: str, number: int
) -> None:
    body = {
        "scores": {"quality": 1, "authenticity": 1, "correspondence": 1},
        "reason": "offensive",
    }
    answer = rating.post(f"trials/{number}/{action}/", body)
    assert (rating.status, answer["code"]) == (404, "trial_not_found")
