"""GET and POST session/, begin/ and withdraw/."""

from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from annotation.models import Rater, RatingSession, Stimulus, Study
from tests import factories
from tests.annotation.rating.api.client import RaterClient


@pytest.fixture
def newcomer(study: Study, rater: Rater) -> RaterClient:
    """The standard rater before consent, in a study of three images."""
    factories.make_stimuli(study, 3)
    return RaterClient(rater)


def test_before_consent_there_is_no_session_and_the_study_says_what_it_asks(
    newcomer: RaterClient,
) -> None:
    body = newcomer.get("session/")
    assert body["session"] is None
    assert body["progress"] == {"done": 0, "total": 0}
    study = body["study"]
    assert (study["title"], study["status"], study["consent"]) == ("Demo", "open", "I agree.")
    assert study["instructions"] == "Rate each image."
    assert [item["key"] for item in study["perspectives"]] == [
        "quality",
        "authenticity",
        "correspondence",
    ]
    assert study["perspectives"][0]["scale"]["labels"][0] == "Bad"
    assert len(study["explanation_form"]["fields"]) == 5


def test_consent_starts_a_session_with_the_viewing_conditions(newcomer: RaterClient) -> None:
    body = newcomer.post("session/", {"consent": True, "client": {"viewport": [1366, 768]}})
    assert newcomer.status == 201
    session = RatingSession.objects.get()
    assert body["session"] == {"id": session.pk, "state": "instructions"}
    assert body["progress"] == {"done": 0, "total": 3}
    assert session.client == {"viewport": [1366, 768]}


def test_starting_again_resumes(newcomer: RaterClient) -> None:
    first = newcomer.post("session/", {"consent": True})
    again = newcomer.post("session/", {"consent": True, "client": {"viewport": [1, 1]}})
    assert (newcomer.status, again) == (200, first)
    assert RatingSession.objects.count() == 1


@pytest.mark.parametrize(
    ("consent", "code"),
    [
        (False, "consent_required"),
        (None, "answer_invalid"),
        ("true", "answer_invalid"),
        (1, "answer_invalid"),
    ],
)
def test_without_consent_nothing_starts(newcomer: RaterClient, consent: Any, code: str) -> None:
    body = newcomer.post("session/", {"consent": consent})
    assert (newcomer.status, body["code"]) == (400, code)
    assert not RatingSession.objects.exists()


@pytest.mark.parametrize(
    "client", [[], "big", {"agent": "x" * 5000}, {"agent": "a\0b"}, {"agent": "\ud800"}]
)
def test_viewing_conditions_that_do_not_fit_are_refused(newcomer: RaterClient, client: Any) -> None:
    body = newcomer.post("session/", {"consent": True, "client": client})
    assert (newcomer.status, body["code"]) == (400, "answer_invalid")
    assert body["detail"].startswith("client: ")


@pytest.mark.parametrize("body", [[], [1]])
def test_a_body_that_is_no_object_is_refused(newcomer: RaterClient, body: Any) -> None:
    answer = newcomer.post("session/", body)
    assert (newcomer.status, answer["code"]) == (400, "answer_invalid")


def test_a_study_without_images_left_does_not_start(newcomer: RaterClient) -> None:
    Stimulus.objects.update(claimed_ratings=3)
    body = newcomer.post("session/", {"consent": True})
    assert (newcomer.status, body["code"]) == (409, "study_full")


@pytest.mark.parametrize("status", ["draft", "paused", "closed"])
def test_a_study_that_is_not_open_does_not_start(
    study: Study, newcomer: RaterClient, status: str
) -> None:
    Study.objects.filter(pk=study.pk).update(status=status)
    body = newcomer.post("session/", {"consent": True})
    assert (newcomer.status, body["code"]) == (409, f"study_{status}")
    assert newcomer.get("session/")["study"]["status"] == status


def test_instructions_lead_to_rating_once(newcomer: RaterClient) -> None:
    newcomer.post("session/", {"consent": True})
    assert newcomer.post("session/begin/")["session"]["state"] == "rating"
    assert newcomer.post("session/begin/")["session"]["state"] == "rating"
    assert newcomer.status == 200


def test_beginning_without_a_session_is_refused(newcomer: RaterClient) -> None:
    body = newcomer.post("session/begin/")
    assert (newcomer.status, body["code"]) == (409, "no_session")


def test_withdrawing_ends_the_session_and_another_may_follow(newcomer: RaterClient) -> None:
    newcomer.start()
    newcomer.claim()
    assert newcomer.post("session/withdraw/")["session"] is None
    assert newcomer.post("session/withdraw/")["session"] is None
    newcomer.start()
    assert len(newcomer.claim()["trials"]) == 1
    assert sorted(RatingSession.objects.values_list("state", flat=True)) == ["rating", "withdrawn"]


def test_the_texts_come_in_the_language_that_is_asked_for_and_owners_words_unchanged(
    study: Study, newcomer: RaterClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "annotation.studies.texts.gettext", lambda text: {"Quality": "质量"}.get(text, text)
    )
    quality, authenticity, correspondence = study.perspective_settings
    authenticity = replace(authenticity, label="Looks real?")
    factories.set_perspectives(study, [quality, authenticity, correspondence])
    Study.objects.filter(pk=study.pk).update(consent="")
    shown = newcomer.get("session/")["study"]
    assert [item["label"] for item in shown["perspectives"]] == [
        "质量",
        "Looks real?",
        "Correspondence",
    ]
    assert shown["consent"].startswith("You are invited to judge images")


def test_a_pause_ends_where_rating_begins_again(newcomer: RaterClient) -> None:
    newcomer.start()
    newcomer.claim()
    assert newcomer.post("session/pause/")["session"]["state"] == "paused"
    assert newcomer.get("session/")["session"]["state"] == "paused"
    assert newcomer.post("session/begin/")["session"]["state"] == "rating"
    assert len(newcomer.claim()["trials"]) == 1


def test_a_stopped_rater_cannot_start_another_session(newcomer: RaterClient) -> None:
    newcomer.start()
    RatingSession.objects.update(state="stopped", ended_at=timezone.now())
    body = newcomer.post("session/", {"consent": True})
    assert (newcomer.status, body["code"]) == (403, "rater_stopped")
    assert newcomer.get("session/")["session"] is None
    assert RatingSession.objects.count() == 1
