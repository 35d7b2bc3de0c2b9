"""The new-study page: a protocol, a title, and everything else is decided."""

from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from annotation.models import Study
from annotation.studies.presets import AIGCIQA2023, CROWD_ACR, LAB_ACR, PRESETS, Preset
from annotation.studies.texts import (
    DEFAULT_CONSENT,
    DEFAULT_INSTRUCTIONS,
    DEFAULT_INSTRUCTIONS_SCORES,
    localized,
)
from tests.factories import make_rater, make_stimuli, make_study, publish
from workbench.accounts.models import User


def sent(console: Client, **changes: Any) -> dict[str, Any]:
    """What a browser sends for the page as it is, with changes; its line ends are CRLF."""
    form = console.get("/studies/new/").context["form"]
    values = {field.name: field.value() or "" for field in form}
    return {**{name: str(value).replace("\n", "\r\n") for name, value in values.items()}, **changes}


def make(console: Client, **changes: Any) -> Study:
    response = console.post("/studies/new/", sent(console, **changes))
    assert response.status_code == 302, response.context["form"].errors
    return Study.objects.get()


def test_the_replica_takes_a_title_and_a_choice(console: Client) -> None:
    study = make(console, title="Again", protocol="aigciqa2023")
    assert study.plan == AIGCIQA2023.plan
    assert study.form == AIGCIQA2023.form
    assert {item.scale.kind for item in study.perspective_settings} == {"slider5"}
    assert study.target_ratings == 28
    assert study.status == "draft"


def test_texts_left_alone_stay_the_standard_ones(console: Client) -> None:
    study = make(console, title="Cats", protocol="aigciqa2023")
    assert (study.consent, study.instructions) == (DEFAULT_CONSENT, DEFAULT_INSTRUCTIONS)


def test_an_owner_reads_the_standard_texts_in_their_language(console: Client) -> None:
    console.cookies["django_language"] = "zh-hans"
    with translation.override("zh-hans"):
        chinese = localized(DEFAULT_CONSENT)
    assert chinese != DEFAULT_CONSENT
    assert sent(console)["consent"].replace("\r\n", "\n") == chinese
    assert make(console, title="Cats").consent == DEFAULT_CONSENT


def test_without_explanations_the_instructions_speak_of_none(console: Client) -> None:
    assert make(console, title="Cats", protocol="lab-acr").instructions == (
        DEFAULT_INSTRUCTIONS_SCORES
    )


def test_an_owners_own_instructions_stay(console: Client) -> None:
    study = make(console, title="Cats", protocol="lab-acr", instructions="Look.\r\nThen judge.")
    assert study.instructions == "Look.\nThen judge."


def test_scale_and_explanations_can_differ_from_the_protocol(console: Client) -> None:
    study = make(console, title="Cats", protocol="crowd-acr", scale="acr11", form="aigciqa2023")
    assert {item.scale.kind for item in study.perspective_settings} == {"acr11"}
    assert study.form == AIGCIQA2023.form
    assert study.plan == CROWD_ACR.plan


def test_each_protocol_is_a_card_with_its_figures(console: Client) -> None:
    page = console.get("/studies/new/").content.decode()
    for preset in PRESETS.values():
        assert preset.name in page
        assert f'value="{preset.key}"' in page
    assert "100 images, 30 minutes" in page
    assert "3 to 5, hold-out 15" in page


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_a_protocol_is_described_in_chinese_too(console: Client, preset: Preset) -> None:
    console.cookies["django_language"] = "zh-hans"
    page = console.get("/studies/new/").content.decode()
    with translation.override("zh-hans"):
        name, purpose = localized(preset.name), localized(preset.purpose)
    assert name != preset.name
    assert name in page
    assert purpose != preset.purpose
    assert purpose in page


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"title": ""}, "title"),
        ({"protocol": "my-own"}, "protocol"),
        ({"protocol": ""}, "protocol"),
        ({"scale": "acr99"}, "scale"),
        ({"form": "other"}, "form"),
        ({"consent": " "}, "consent"),
        ({"title": "x" * 201}, "title"),
    ],
)
def test_what_does_not_fit_makes_no_study(
    console: Client, changes: dict[str, str], where: str
) -> None:
    response = console.post("/studies/new/", sent(console, **{"title": "Cats", **changes}))
    assert where in response.context["form"].errors
    assert not Study.objects.exists()


def test_a_title_with_markup_is_shown_not_run(console: Client) -> None:
    study = make(console, title="<b>Cats</b>")
    assert "&lt;b&gt;Cats" in console.get(study.get_absolute_url()).content.decode()


def steps_of(console: Client, study: Study) -> dict[str, bool]:
    steps = console.get(study.get_absolute_url()).context["steps"]
    return {step.text: step.done for step in steps}


def test_the_next_steps_tick_off(console: Client, owner: User) -> None:
    plan = {**LAB_ACR.plan.to_json(), "practice_trials": 2, "gold_share": 0.1}
    study = make_study(owner, "draft", status="draft", session_plan=plan, holdout_share=0.2)
    assert steps_of(console, study) == {
        "Import images": False,
        "Choose practice images": False,
        "Choose gold images": False,
        "Hold images out": False,
        "Invite raters": False,
        "Open the study": False,
    }
    make_stimuli(study, 1)
    make_stimuli(study, [4], split="holdout")
    known = make_stimuli(study, range(1, 3), purpose="practice")
    known += make_stimuli(study, [3], purpose="gold")
    assert not steps_of(console, study)["Choose practice images"], "their scores are unknown"
    for stimulus in known:
        publish(stimulus=stimulus, perspective="quality", mos=0.5, source="experts")
    make_rater(study)
    steps = steps_of(console, study)
    assert [text for text, done in steps.items() if not done] == ["Open the study"]
    console.post(f"{study.get_absolute_url()}status/", {"status": "open"})
    assert steps_of(console, study) == {}


def test_steps_that_the_plan_does_not_need_are_left_out(console: Client, owner: User) -> None:
    assert list(steps_of(console, make_study(owner, "draft", status="draft"))) == [
        "Import images",
        "Invite raters",
        "Open the study",
    ]


def test_a_step_leads_to_an_import_of_its_purpose(console: Client, study: Study) -> None:
    page = console.get("/studies/demo/import/", {"purpose": "gold"})
    assert page.context["form"]["purpose"].value() == "gold"


def test_a_step_leads_to_the_images_that_can_be_chosen_for_it(console: Client, owner: User) -> None:
    plan = {**LAB_ACR.plan.to_json(), "practice_trials": 2}
    study = make_study(owner, "draft", status="draft", session_plan=plan)
    make_stimuli(study, 2)
    make_stimuli(study, [2], split="holdout")
    steps = console.get(study.get_absolute_url()).context["steps"]
    address = next(step.address for step in steps if step.text == "Choose practice images")
    page = console.get(address)
    assert [item.split for item, _scores, _address in page.context["stimuli"]] == 2 * ["pool"]
    assert '<option value="practice" selected>Practice</option>' in page.content.decode()
