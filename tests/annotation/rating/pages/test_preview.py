"""The preview: a rater's page without a rater."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from annotation.models import Rater, RatingSession, Study, Trial
from annotation.protocol.plan import SessionPlan
from annotation.rating.pages.page import Stage
from tests.factories import make_stimuli, make_study, publish
from workbench.accounts.models import User

ADDRESS = "/studies/demo/preview/"


def given(page: str) -> dict[str, Any]:
    """What the page tells its script."""
    (text,) = re.findall(r'<script id="preview" type="application/json">(.*?)</script>', page)
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("status", ["draft", "open", "closed"])
def test_every_stage_of_any_study_is_shown_and_leaves_nothing(
    console: Client, owner: User, stage: str, status: str
) -> None:
    make_stimuli(make_study(owner, "demo", status=status), 1)
    response = console.get(ADDRESS, {"stage": stage})
    assert response.status_code == 200
    assert f'data-stage="{stage}"' in response.content.decode()
    assert not Rater.objects.exists()
    assert not RatingSession.objects.exists()
    assert not Trial.objects.exists()


@pytest.mark.parametrize("stage", ["", "nowhere", "<script>"])
def test_it_begins_with_consent(console: Client, study: Study, stage: str) -> None:
    page = console.get(ADDRESS, {"stage": stage}).content.decode()
    assert 'data-stage="consent"' in page
    assert "I agree." in page


def test_practice_comes_first_with_what_is_expected(console: Client, study: Study) -> None:
    Study.objects.update(session_plan=SessionPlan(practice_trials=1).to_json())
    make_stimuli(study, 9)
    known = make_stimuli(study, range(9, 12), purpose="practice")
    for stimulus in known[:2]:
        publish(stimulus=stimulus, perspective="quality", mos=0.5, source="experts")
    trials = given(console.get(ADDRESS).content.decode())["trials"]
    assert [trial["practice"] for trial in trials] == [True, *[False] * 5]
    # A MOS of 0.5 is 3 on five levels; one level to either side is as expected.
    expected = {"perspective": "quality", "expected": 3.0, "low": 2.0, "high": 4.0}
    assert trials[0]["feedback"] == [expected]
    assert not trials[1]["feedback"]


def test_a_study_without_images_is_shown_with_drawn_ones(console: Client, study: Study) -> None:
    page = console.get(ADDRESS).content.decode()
    assert given(page)["trials"] == []
    assert "with sample images" in page


def test_the_previews_token_opens_nothing(client: Client, study: Study) -> None:
    headers = {"Authorization": "Rater preview"}
    assert client.get("/api/v1/rating/session/", headers=headers).status_code == 401
    assert client.get("/rate/preview/").status_code == 404


def test_another_account_sees_no_preview(client: Client, study: Study, outsider: User) -> None:
    client.force_login(outsider)
    assert client.get(ADDRESS).status_code == 404


def test_a_prompt_cannot_leave_its_script(console: Client, study: Study) -> None:
    (stimulus,) = make_stimuli(study, 1)
    stimulus.prompt.text = "</script><script>alert(1)</script>"
    stimulus.prompt.save()
    page = console.get(ADDRESS).content.decode()
    assert "<script>alert(1)" not in page
    assert given(page)["trials"][0]["prompt"] == stimulus.prompt.text
