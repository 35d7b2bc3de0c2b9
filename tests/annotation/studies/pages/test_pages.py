"""The owner's pages, as an owner sees them."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.models import AuditEntry, Rater, Study
from tests.factories import make_rater, make_stimuli, make_study
from workbench.accounts.models import User


def test_a_new_owner_is_told_how_to_begin(console: Client) -> None:
    assert "No studies yet" in console.get("/studies/").content.decode()


def test_a_study_is_made_with_the_scale_and_form_that_were_chosen(console: Client) -> None:
    response = console.post(
        "/studies/new/",
        {
            "title": "Kittens, drawn",
            "protocol": "active-learning",
            "scale": "slider5",
            "form": "none",
            "consent": "Yes?",
            "instructions": "Look.",
        },
    )
    study = Study.objects.get()
    assert response["Location"] == "/studies/kittens-drawn/"
    assert [item.scale.kind for item in study.perspective_settings] == ["slider5"] * 3
    assert study.form.fields == ()
    assert AuditEntry.objects.get().action == "study.created"


def test_a_second_study_of_the_same_title_gets_an_address_of_its_own(console: Client) -> None:
    for _time in range(2):
        console.post(
            "/studies/new/",
            {"title": "Cats", "protocol": "lab-acr", "consent": "c", "instructions": "i"},
        )
    assert set(Study.objects.values_list("slug", flat=True)) == {"cats", "cats-2"}


@pytest.mark.parametrize(
    ("route", "heading"),
    [
        ("study", "Demo"),
        ("study-stimuli", "Images"),
        ("study-raters", "Raters"),
        ("study-settings", "Settings"),
    ],
)
def test_each_page_of_a_study_shows_where_it_is(
    console: Client, study: Study, route: str, heading: str
) -> None:
    make_stimuli(study, 3)
    make_rater(study)
    response = console.get(reverse(route, args=[study.slug]))
    assert response.status_code == 200
    page = response.content.decode()
    assert f"<h1>{heading}</h1>" in page
    assert '<li><a href="/studies/demo/">Demo</a></li>' in page, "its study, on the way up"
    (marked,) = re.findall(r'href="([^"]+)" aria-current="page"', page.split('class="tabs"')[0])
    assert marked == reverse(route, args=[study.slug])


def test_no_two_pages_of_a_study_have_one_title(console: Client, study: Study) -> None:
    pages = (
        "study",
        "study-stimuli",
        "study-import",
        "study-raters",
        "study-invite",
        "study-reports",
        "study-model",
        "study-export",
        "study-settings",
        "study-questions",
        "study-translations",
        "study-activity",
        "studies",
        "study-new",
        "site-activity",
        "api-tokens",
    )
    titles = []
    for page in pages:
        of_study = (page.startswith("study-") and page != "study-new") or page == "study"
        response = console.get(reverse(page, args=[study.slug] if of_study else []))
        if response.status_code == 200:
            titles += re.findall(r"<title>(.*?)</title>", response.content.decode())
    assert len(titles) == len(pages) - 1, "the site's activity is for administrators"
    assert len(set(titles)) == len(titles)


def test_the_grid_shows_what_was_searched_for(console: Client, study: Study) -> None:
    make_stimuli(study, 3)
    page = console.get("/studies/demo/images/", {"text": "prompt 2"}).content.decode()
    assert "prompt 2" in page
    assert "prompt 1" not in page


def test_the_number_of_queries_does_not_grow_with_the_images(console: Client, study: Study) -> None:
    make_stimuli(study, 2)
    # The first look makes the live release of opinion scores.
    console.get("/studies/demo/images/")
    with CaptureQueriesContext(connection) as few:
        console.get("/studies/demo/images/")
    make_stimuli(study, range(2, 30))
    with CaptureQueriesContext(connection) as many:
        console.get("/studies/demo/images/")
    assert len(many) == len(few)


def test_opening_a_study_is_kept_in_the_audit_trail(console: Client, owner: User) -> None:
    make_study(owner, "draft", status="draft")
    console.post("/studies/draft/status/", {"status": "open", "anyway": "yes"})
    assert Study.objects.get(slug="draft").status == "open"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor) == ("study.open", owner)


def test_a_status_that_does_not_follow_is_refused_with_a_reason(
    console: Client, owner: User
) -> None:
    make_study(owner, "draft", status="draft")
    response = console.post("/studies/draft/status/", {"status": "paused"}, follow=True)
    assert Study.objects.get(slug="draft").status == "draft"
    assert "cannot become" in response.content.decode()


def test_settings_that_contradict_each_other_change_nothing(console: Client, study: Study) -> None:
    page = console.get("/studies/demo/settings/ratings/")
    form = page.context["form"]
    data = {field.name: field.value() for field in form}
    response = console.post("/studies/demo/settings/ratings/", {**data, "target_ratings": 9})
    assert "cannot ask for more ratings than an image may get" in response.content.decode()
    assert Study.objects.get().target_ratings == 3


def test_links_are_made_and_each_opens_one_raters_page(console: Client, study: Study) -> None:
    console.post("/studies/demo/invite/", {"count": "3"})
    page = console.get("/studies/demo/raters/").content.decode()
    links = set(re.findall(r'data-copy="http://testserver(/rate/[^"]+)"', page))
    assert len(links) == 3
    assert Rater.objects.filter(study=study).count() == 3


def test_a_rater_is_excluded_with_a_reason_and_comes_back(console: Client, study: Study) -> None:
    rater = make_rater(study)
    address = reverse("study-rater-status", args=[study.slug, rater.code])
    console.post(address, {"status": "excluded", "reason": ""})
    assert Rater.objects.get().status == "active"
    console.post(address, {"status": "excluded", "reason": "answered at random"})
    assert Rater.objects.get().status == "excluded"
    assert AuditEntry.objects.get().detail["reason"] == "answered at random"
    console.post(address, {"status": "active"})
    assert Rater.objects.get().status == "active"


def test_markup_in_a_prompt_is_shown_not_run(console: Client, study: Study) -> None:
    (stimulus,) = make_stimuli(study, 1)
    stimulus.prompt.text = "<script>alert(1)</script>"
    stimulus.prompt.save()
    page = console.get(reverse("study-stimulus", args=[study.slug, stimulus.pk])).content.decode()
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)" in page
