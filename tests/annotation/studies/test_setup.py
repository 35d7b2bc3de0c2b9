"""The steps of a study's set-up: done, waived, or still to do, also after it has been opened."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from annotation.models import AuditEntry, Study
from annotation.studies.setup import setup_steps, undone_steps
from tests import factories
from workbench.accounts.models import User

API = "/api/v1/studies/draft/steps/"


@pytest.fixture
def draft(owner: User) -> Study:
    plan = {"practice_trials": 2, "gold_share": 0.1}
    return factories.make_study(
        owner, "draft", status="draft", session_plan=plan, holdout_share=0.2
    )


def ready(study: Study) -> None:
    """All but what can be waived."""
    factories.make_stimuli(study, 1)
    factories.make_rater(study)


def names(study: Study) -> list[str]:
    return [step.name for step in undone_steps(Study.objects.get(pk=study.pk))]


def test_opening_says_what_is_undone_and_opens_all_the_same_if_told_to(
    console: Client, draft: Study
) -> None:
    ready(draft)
    page = console.post("/studies/draft/status/", {"status": "open"}).content.decode()
    assert "Open the study now?" in page
    assert "Choose gold images" in page
    assert Study.objects.get(pk=draft.pk).status == "draft"
    console.post("/studies/draft/status/", {"status": "open", "anyway": "yes"})
    assert Study.objects.get(pk=draft.pk).status == "open"


def test_the_list_stays_after_opening_until_all_is_settled(console: Client, draft: Study) -> None:
    ready(draft)
    Study.objects.filter(pk=draft.pk).update(status="open")
    for step in ("practice", "gold", "holdout"):
        assert "Next steps" in console.get("/studies/draft/").content.decode()
        console.post(f"/studies/draft/steps/{step}/", {"waived": "yes"})
    assert "Next steps" not in console.get("/studies/draft/").content.decode()
    assert [entry.detail for entry in AuditEntry.objects.filter(action="step.waived")] == [
        {"step": "holdout"},
        {"step": "gold"},
        {"step": "practice"},
    ]
    console.post("/studies/draft/steps/gold/", {"waived": "no"})
    assert names(draft) == ["gold"]


def test_waiving_twice_is_recorded_once(draft: Study, console: Client) -> None:
    for _time in range(2):
        console.post("/studies/draft/steps/gold/", {"waived": "yes"})
    assert AuditEntry.objects.filter(action="step.waived").count() == 1


def test_no_study_does_without_images(console: Client, draft: Study) -> None:
    answer = console.post("/studies/draft/steps/images/", {"waived": "yes"}, follow=True)
    assert "cannot be waived; these can: practice, gold, holdout" in answer.content.decode()
    assert Study.objects.get(pk=draft.pk).waived_steps == []


def test_the_api_says_and_does_the_same(console: Client, draft: Study) -> None:
    ready(draft)
    found = {step["name"]: step for step in console.get(API).json()}
    assert list(found) == ["images", "practice", "gold", "holdout", "raters", "open"]
    assert found["practice"] == {
        "name": "practice",
        "found": 0,
        "wanted": 2,
        "done": False,
        "waived": False,
        "settled": False,
    }
    answer = console.post(f"{API}practice/", {"waived": True}, content_type="application/json")
    assert [step["waived"] for step in answer.json() if step["name"] == "practice"] == [True]
    refused = console.post(f"{API}open/", {}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (400, "step_invalid")


def test_the_command_says_and_does_the_same(draft: Study) -> None:
    out = StringIO()
    call_command("study_steps", "draft", "--waive", "gold", stdout=out)
    assert "gold      waived  0 of 1" in out.getvalue()
    call_command("study_steps", "draft", "--take-up", "gold", stdout=out)
    assert "gold" in names(draft)
    with pytest.raises(CommandError, match="cannot be waived"):
        call_command("study_steps", "draft", "--waive", "raters")


def test_steps_that_the_settings_do_without_are_not_asked_for(owner: User) -> None:
    plain = factories.make_study(owner, "plain", status="draft")
    assert [step.name for step in setup_steps(plain)] == ["images", "raters", "open"]
