"""Sessions, trials, messages and standing of raters, and prompts, by API."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from annotation.models import Message, Rater, RatingSession, Study
from tests.annotation.answering import answer
from tests.factories import make_explanation, make_rater, make_session, make_stimuli, make_study
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db

URL = "/api/v1/studies/demo"


@pytest.fixture
def api(owner: User, study: Study) -> APIClient:
    client = APIClient()
    client.force_authenticate(owner)
    return client


@pytest.fixture
def session(rater: Rater) -> RatingSession:
    return make_session(rater, client={"width": 1280})


def rows(api: APIClient, what: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"{URL}/{what}").json()["results"]
    return found


def test_sessions_are_listed(api: APIClient, session: RatingSession) -> None:
    (row,) = rows(api, f"sessions/?rater={session.rater.code}&state=rating")
    assert (row["id"], row["client"], row["protocol"]) == (session.pk, {"width": 1280}, 1)
    assert rows(api, "sessions/?state=done") == []


def test_a_trial_has_the_scores_and_reasons_that_hold(
    api: APIClient, study: Study, session: RatingSession
) -> None:
    first, second = make_stimuli(study, 2)
    trial = answer(session, first, 4)
    make_explanation(trial, "quality", text="Blurred.")
    answer(session, second, 2)
    (row,) = rows(api, f"trials/?stimulus={first.pk}")
    assert (row["rater"], row["filename"], row["state"]) == (
        session.rater.code,
        first.filename,
        "submitted",
    )
    assert {item["perspective"]: item["value"] for item in row["scores"]} == {
        "quality": 4,
        "authenticity": 4,
        "correspondence": 4,
    }
    assert [item["text"] for item in row["explanations"]] == ["Blurred."]
    assert len(rows(api, "trials/?state=submitted")) == 2


def test_a_rater_is_excluded_and_included(api: APIClient, rater: Rater) -> None:
    address = f"{URL}/raters/{rater.code}/status/"
    without = api.post(address, {"status": "excluded"}, format="json")
    assert (without.status_code, without.json()["code"]) == (400, "rater_status")
    told = api.post(address, {"status": "excluded", "reason": "Asked."}, format="json")
    assert (told.status_code, told.json()["status"]) == (200, "excluded")
    told = api.post(address, {"status": "active"}, format="json")
    assert told.json()["status"] == "active"


def test_a_rater_whom_rules_stopped_may_go_on(api: APIClient, rater: Rater) -> None:
    stopped = make_session(rater, "stopped")
    assert api.post(f"{URL}/raters/{rater.code}/continuation/").status_code == 200
    stopped.refresh_from_db()
    assert stopped.state == "done"


def test_raters_are_written_to(api: APIClient, study: Study, rater: Rater) -> None:
    body = {"raters": [rater.code, make_rater(study).code], "text": "Thank you."}
    told = api.post(f"{URL}/messages/", body, format="json")
    assert (told.status_code, told.json()) == (201, {"written": 2})
    (row,) = rows(api, f"messages/?rater={rater.code}")
    assert (row["sender"], row["text"], row["read_at"]) == ("owner", "Thank you.", None)


def test_nobody_is_written_to_if_one_is_of_another_study(
    api: APIClient, rater: Rater, outsider: User
) -> None:
    other = make_rater(make_study(outsider, "theirs"))
    body = {"raters": [rater.code, other.code], "text": "Thank you."}
    told = api.post(f"{URL}/messages/", body, format="json")
    assert (told.status_code, told.json()["code"]) == (400, "message_invalid")
    assert not Message.objects.exists()


def test_prompts_are_listed_with_their_images(api: APIClient, study: Study) -> None:
    stimulus, *_others = make_stimuli(study, 3)
    listed = rows(api, "prompts/")
    assert sum(row["images"] for row in listed) == 3
    (row,) = rows(api, f"prompts/?text={stimulus.prompt.text}&fields=text")
    assert row == {"text": stimulus.prompt.text}
