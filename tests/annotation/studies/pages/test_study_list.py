"""The list of studies: five hundred of them are found, sorted and turned over."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotation.models import Study
from annotation.models.membership import MemberRole
from annotation.studies.audit import record
from tests.factories import make_member, make_rater, make_session, make_stimuli, make_study
from workbench.accounts.models import User


def titles(console: Client, address: str = "") -> list[str]:
    rows = console.get(f"/studies/{address}").context["studies"]
    return [study.title for study, _progress, _pictures in rows]


@pytest.fixture
def studies(owner: User) -> list[Study]:
    made = [make_study(owner, slug) for slug in ("cats", "anemones", "birds")]
    for days, study in enumerate(made):
        Study.objects.filter(pk=study.pk).update(created_at=datetime(2026, 1, 3 - days, tzinfo=UTC))
    return made


def test_studies_are_sorted_by_name_age_and_activity(
    console: Client, studies: list[Study], owner: User
) -> None:
    _cats, anemones, birds = studies
    assert titles(console, "?sort=name") == ["Anemones", "Birds", "Cats"]
    assert titles(console, "?sort=newest") == ["Cats", "Anemones", "Birds"]
    record(study=anemones, actor=owner, action="study.paused")
    assert titles(console)[0] == "Anemones"
    make_session(make_rater(birds))
    assert titles(console) == ["Birds", "Anemones", "Cats"], "a rater came later than the owner"
    assert titles(console, "?sort=nonsense") == titles(console)


def test_an_end_of_a_session_is_activity(console: Client, studies: list[Study]) -> None:
    began = datetime(2026, 1, 5, tzinfo=UTC)
    cats, anemones, _birds = studies
    make_session(make_rater(cats), "done", consented_at=began, ended_at=began + timedelta(hours=3))
    make_session(make_rater(anemones), consented_at=began + timedelta(hours=1))
    assert titles(console)[:2] == ["Cats", "Anemones"]


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("?search=BIRD", ["Birds"]),
        ("?search=anem", ["Anemones"]),
        ("?search=%25", []),
        ("?status=closed", ["Cats"]),
        ("?status=closed&search=birds", []),
        ("?status=nonsense&search=birds", ["Birds"]),
    ],
)
def test_studies_are_found(
    console: Client, studies: list[Study], address: str, found: list[str]
) -> None:
    Study.objects.filter(slug="cats").update(status="closed")
    assert titles(console, address) == found


def test_nothing_found_is_said_and_can_be_searched_again(
    console: Client, studies: list[Study]
) -> None:
    page = console.get("/studies/?search=dogs").content.decode()
    assert "No studies match." in page
    assert 'value="dogs"' in page


def test_five_hundred_studies_cost_as_many_statements_as_two(console: Client, owner: User) -> None:
    for number in range(2):
        make_stimuli(make_study(owner, f"s{number}"), 2)
    with CaptureQueriesContext(connection) as few:
        console.get("/studies/")
    rest = [Study(slug=f"more-{number}", title=f"More {number:03}") for number in range(498)]
    for study in Study.objects.bulk_create(rest):
        make_member(study, owner, MemberRole.OWNER)
    with CaptureQueriesContext(connection) as many:
        page = console.get("/studies/?sort=name")
    assert len(many) == len(few)
    assert (page.context["page"].paginator.count, len(page.context["studies"])) == (500, 25)
    last = console.get("/studies/?sort=name&page=20").content.decode()
    assert "?sort=name&amp;page=19" in last


def test_a_row_shows_pictures_owner_and_dates(console: Client, studies: list[Study]) -> None:
    make_stimuli(studies[0], 6)
    rows = console.get("/studies/?sort=name").context["studies"]
    pictures = {study.slug: len(addresses) for study, _progress, addresses in rows}
    assert pictures == {"anemones": 0, "birds": 0, "cats": 4}
    page = console.get("/studies/?sort=name").content.decode()
    assert ">owner<" in page
    assert "2026-01-03" in page
