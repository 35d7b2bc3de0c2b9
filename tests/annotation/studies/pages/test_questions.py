"""The page of a study's questions: perspectives, scales, and the form of the explanations."""

from typing import Any

import pytest
from django.test import Client

from annotation.models import Study, Trial
from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM, default_perspectives
from annotation.protocol.forms import ExplanationForm
from annotation.protocol.scales import ACR5, SLIDER5
from tests.factories import make_explanation, make_rater, make_score, make_session, make_stimulus

ADDRESS = "/studies/demo/settings/questions/"


def shown(console: Client) -> dict[str, Any]:
    """What a browser would send for the page as it is."""
    page = console.get(ADDRESS).context["form"]
    sets = (page.perspectives, page.reasons)
    forms = [form for each in sets for form in (each.management_form, *each)]
    values = {
        form.add_prefix(field.name): field.value()
        for form in forms
        for field in form
        if not form.fields[field.name].disabled
    }
    return {
        name: "\r\n".join(value) if isinstance(value, tuple) else ("" if value is None else value)
        for name, value in values.items()
        if not name.endswith("-DELETE")
    }


def save(console: Client, **changes: Any) -> Any:
    renamed = {name.replace("__", "-"): value for name, value in changes.items()}
    return console.post(ADDRESS, {**shown(console), **renamed})


@pytest.fixture
def answered(study: Study) -> Study:
    """The study with one rated and explained image."""
    rater = make_rater(study)
    now = study.created_at
    session = make_session(rater)
    trial = Trial.objects.create(
        session=session,
        rater=rater,
        stimulus=make_stimulus(study, 1),
        position=0,
        draw="priority",
        state="submitted",
        leased_at=now,
        lease_expires_at=now,
        submitted_at=now,
    )
    make_score(trial, "quality", 4)
    make_explanation(trial, "quality", phrases={"quality_clarity": 2}, language="en")
    return study


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_saving_the_page_as_it_is_changes_nothing(
    console: Client, study: Study, language: str
) -> None:
    console.cookies["django_language"] = language
    assert save(console).status_code == 302
    kept = Study.objects.get()
    assert kept.form == AIGCIQA2023_FORM
    assert kept.perspective_settings == default_perspectives()


def test_words_and_levels_are_the_owners(console: Client, study: Study) -> None:
    response = save(
        console,
        perspectives__0__label="Beauty",
        perspectives__0__question="How beautiful is it?",
        perspectives__0__help="Take your\r\ntime.",
        perspectives__0__labels="Ugly\r\nPlain\r\n\r\nFair\r\nPretty\r\nStunning",
        perspectives__2__scale="slider5",
    )
    assert response.status_code == 302
    quality, authenticity, correspondence = Study.objects.get().perspective_settings
    assert (quality.label, quality.question) == ("Beauty", "How beautiful is it?")
    assert quality.help == "Take your\ntime."
    assert quality.scale.labels == ("Ugly", "Plain", "Fair", "Pretty", "Stunning")
    assert authenticity.scale == ACR5
    assert correspondence.scale == SLIDER5, "names of the scale before are left behind"


def test_a_slider_takes_words_along_it(console: Client, study: Study) -> None:
    save(console, perspectives__0__scale="slider100", perspectives__0__labels="Ugly\nBeautiful")
    assert Study.objects.get().perspective_settings[0].scale.labels == ("Ugly", "Beautiful")
    response = save(console, perspectives__0__labels="Ugly")
    assert "Give 2 to 7 words along the scale, or none." in response.content.decode()


def test_a_reason_is_added_with_a_key_of_its_own(console: Client, study: Study) -> None:
    response = save(
        console,
        reasons__5__label="Light & shade",
        reasons__5__perspective="quality",
        reasons__5__phrases="too dark\nfine",
        reasons__5__text="Where?",
        reasons__5__at_most="1",
    )
    assert response.status_code == 302
    form = Study.objects.get().form
    (added,) = (field for field in form.fields if field.label == "Light & shade")
    assert (added.key, added.phrases) == ("quality_light_shade", ("too dark", "fine"))
    assert added.perspective == "quality"
    (text,) = (text for text in form.texts if text.field == added.key)
    assert (text.label, text.at_most) == ("Where?", 1)
    assert len(form.fields) == 6


def test_sentences_go_with_the_phrases_that_they_say(console: Client, study: Study) -> None:
    save(console, reasons__0__phrases="a\nb", reasons__1__label="Edges")
    clarity, outline, *_others = Study.objects.get().form.fields
    assert (clarity.phrases, clarity.clauses) == (("a", "b"), ())
    assert outline.clauses == AIGCIQA2023_FORM.fields[1].clauses


def test_a_reason_is_deleted_with_its_free_text(console: Client, study: Study) -> None:
    save(console, **{"reasons-3-DELETE": "on"})
    form = Study.objects.get().form
    assert "authenticity_distortion" not in [field.key for field in form.fields]
    assert [text.field for text in form.texts] == ["correspondence_consistency"]


def test_a_threshold_and_a_free_text_are_changed(console: Client, study: Study) -> None:
    save(console, reasons__3__at_most="1", reasons__4__text="")
    form = Study.objects.get().form
    assert [(text.field, text.at_most) for text in form.texts] == [("authenticity_distortion", 1)]


def test_raters_may_mark_what_a_free_text_is_about(console: Client, study: Study) -> None:
    save(console, reasons__3__regions="on", reasons__4__words="on")
    marks = [(text.field, text.regions, text.words) for text in Study.objects.get().form.texts]
    assert marks == [
        ("authenticity_distortion", True, False),
        ("correspondence_consistency", False, True),
    ]
    # Left alone they stay on; a browser says nothing of a box that is not ticked.
    save(console, reasons__4__words="")
    marks = [(text.field, text.regions, text.words) for text in Study.objects.get().form.texts]
    assert marks == [
        ("authenticity_distortion", True, False),
        ("correspondence_consistency", False, False),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"perspectives__0__labels": "Bad\nGood"},
        {"perspectives__0__label": ""},
        {"perspectives__0__scale": "acr99"},
        {"reasons__0__phrases": "only one"},
        {"reasons__0__label": ""},
        {"reasons__0__perspective": "beauty"},
        {"reasons__0__at_most": "0"},
        {"reasons__5__label": "Half filled in"},
        {"reasons__0__regions": "on"},
    ],
)
def test_what_does_not_fit_changes_nothing(
    console: Client, study: Study, changes: dict[str, str]
) -> None:
    before, asked = Study.objects.values().get(), Study.objects.get().perspective_settings
    response = save(console, **changes)
    assert response.status_code == 200
    assert "Nothing was saved" in response.content.decode()
    assert 'class="errorlist"' in response.content.decode()
    assert Study.objects.values().get() == before
    assert Study.objects.get().perspective_settings == asked


def test_scales_and_phrases_stay_once_there_are_answers(console: Client, answered: Study) -> None:
    response = save(
        console,
        perspectives__0__scale="slider5",
        reasons__0__phrases="a\nb",
        perspectives__0__question="Still good?",
        reasons__0__label="Sharpness",
    )
    assert response.status_code == 302
    kept = Study.objects.get()
    assert kept.perspective_settings[0].scale == ACR5
    assert kept.perspective_settings[0].question == "Still good?"
    assert kept.form.fields[0].phrases == AIGCIQA2023_FORM.fields[0].phrases
    assert kept.form.fields[0].label == "Sharpness"


def test_perspectives_are_added_moved_and_removed(console: Client, study: Study) -> None:
    response = save(
        console,
        perspectives__0__ORDER="3",
        perspectives__2__ORDER="1",
        perspectives__3__label="Safety",
        perspectives__3__question="May a child see it?",
        perspectives__3__scale="acr11",
        perspectives__3__labels="No\nYes",
        perspectives__3__ORDER="2",
        **{"perspectives-1-DELETE": "on"},
    )
    assert response.status_code == 302
    kept = Study.objects.get()
    correspondence, safety, quality = kept.perspective_settings
    assert (correspondence, quality) == default_perspectives()[::-2]
    assert (safety.key, safety.label, safety.question) == (
        "safety",
        "Safety",
        "May a child see it?",
    )
    assert (safety.scale.kind, safety.scale.labels) == ("acr11", ("No", "Yes"))
    asked = ("quality", "correspondence")
    assert kept.form == AIGCIQA2023_FORM.about(asked), "what explained the removed one went with it"


def test_the_last_perspective_stays(console: Client, study: Study) -> None:
    response = save(console, **{f"perspectives-{place}-DELETE": "on" for place in range(3)})
    assert "A study needs at least one perspective." in response.content.decode()
    assert Study.objects.get().perspective_settings == default_perspectives()


@pytest.mark.parametrize(
    ("label", "key", "problem"),
    [
        ("Quality", "quality", "The study already has a perspective with this key."),
        ("Beauty", "Be auty", "Use lower-case letters, digits and “_”, and start with a letter."),
    ],
)
def test_a_key_is_the_perspectives_own(
    console: Client, study: Study, label: str, key: str, problem: str
) -> None:
    response = save(
        console,
        perspectives__3__label=label,
        perspectives__3__question="?",
        perspectives__3__key=key,
    )
    assert problem in response.content.decode()
    assert len(Study.objects.get().perspective_settings) == 3


@pytest.mark.parametrize(
    ("label", "key"),
    [("美", "perspective"), ("Image quality", "image_quality"), ("2D", "perspective")],
)
def test_a_key_is_made_from_the_name(console: Client, study: Study, label: str, key: str) -> None:
    save(console, perspectives__3__label=label, perspectives__3__question="?")
    assert Study.objects.get().perspective_settings[-1].key == key


def test_perspectives_stay_once_there_are_ratings(console: Client, answered: Study) -> None:
    page = console.get(ADDRESS)
    assert [form.item is None for form in page.context["form"].perspectives] == [False] * 3
    save(
        console,
        perspectives__0__ORDER="3",
        **{"perspectives-1-DELETE": "on", "perspectives-TOTAL_FORMS": "4"},
        perspectives__3__label="Safety",
        perspectives__3__question="?",
    )
    assert Study.objects.get().perspective_settings == default_perspectives()


def test_a_form_that_the_page_cannot_show_is_left_alone(console: Client, study: Study) -> None:
    data = AIGCIQA2023_FORM.to_json()
    data["texts"].append({**data["texts"][0], "label": "And what else?"})
    Study.objects.update(explanation_form=data)
    assert "edit them through the API" in console.get(ADDRESS).content.decode()
    save(console, perspectives__0__label="Beauty")
    kept = Study.objects.get()
    assert kept.form == ExplanationForm.from_json(data)
    assert kept.perspective_settings[0].label == "Beauty"


def test_markup_in_a_phrase_is_shown_not_run(console: Client, study: Study) -> None:
    save(console, reasons__0__label="<script>alert(1)</script>")
    page = console.get(ADDRESS).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
