"""What every list of the owner API takes: pages, filters, an order, fields."""

from typing import Any

import pytest
from django.urls import URLPattern, get_resolver
from rest_framework.test import APIClient

from annotation.models import AuditEntry, OpinionRelease, Stimulus, Study
from annotation.studies.audit import record
from tests.factories import make_rater, make_stimuli, make_study
from tests.test_hostile_requests import address_of
from tests.test_permissions_table import World, world
from workbench.accounts.api_views import ApiListView
from workbench.accounts.models import User

__all__ = ["world"]

pytestmark = pytest.mark.django_db

URL = "/api/v1/studies/demo"


@pytest.fixture
def api(owner: User, study: Study) -> APIClient:
    client = APIClient()
    client.force_authenticate(owner)
    return client


def all_rows(api: APIClient, address: str) -> list[dict[str, Any]]:
    rows = []
    following: str | None = address
    while following:
        page = api.get(following).json()
        rows += page["results"]
        following = page["next"]
    return rows


@pytest.mark.parametrize("sort", ["", "wanted", "newest", "best", "worst", "disputed", "uncertain"])
def test_images_come_in_pages_in_every_order(api: APIClient, study: Study, sort: str) -> None:
    made = make_stimuli(study, range(7))
    Stimulus.objects.filter(pk=made[3].pk).update(state="withdrawn")
    whole = api.get(f"{URL}/stimuli/?sort={sort}").json()["results"]
    assert len(whole) == 7
    assert all_rows(api, f"{URL}/stimuli/?sort={sort}&limit=2") == whole


def test_a_page_leads_back_to_the_one_before(api: APIClient, study: Study) -> None:
    for _number in range(5):
        make_rater(study)
    first = api.get(f"{URL}/raters/?limit=2").json()
    second = api.get(first["next"]).json()
    assert first["previous"] is None
    assert api.get(second["previous"]).json()["results"] == first["results"]


def test_rows_are_counted_if_that_is_asked_for(api: APIClient, study: Study) -> None:
    make_stimuli(study, range(3))
    assert "count" not in api.get(f"{URL}/stimuli/?limit=2").json()
    assert api.get(f"{URL}/stimuli/?limit=2&count=true").json()["count"] == 3


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=many",
        "count=perhaps",
        "order=-beauty",
        "fields=code,beauty",
        "status=beautiful",
        "since=yesterday",
        "since=2026-11-28T18:53:00",
        "since=2026-11-28",
        "since=",
        "order=",
        "status=",
        "count=",
        "ratr=R1",
        "status=active&status=excluded",
    ],
)
def test_what_a_list_cannot_do_is_named(api: APIClient, query: str) -> None:
    answer = api.get(f"{URL}/raters/?{query}")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [query.partition("=")[0]]


@pytest.mark.parametrize("address", ["raters/", "overview/", "agreement/", "export/", ""])
def test_no_address_takes_a_parameter_that_nobody_reads(
    api: APIClient, study: Study, address: str
) -> None:
    """Nobody takes all rows for those that fit a filter whose name is mistyped."""
    answer = api.get(f"{URL}/{address}?statu=active")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["statu"])


def test_the_parameter_that_is_meant_is_named(api: APIClient, study: Study) -> None:
    told = api.get(f"{URL}/raters/?statu=active").json()["detail"]
    assert told == "statu: There is no such parameter here. Did you mean “status”?"


@pytest.mark.parametrize("other", ["raters/?order=-created_at", "stimuli/?split=pool"])
def test_a_cursor_is_good_for_one_list_in_one_order(
    api: APIClient, study: Study, other: str
) -> None:
    for _number in range(2):
        make_rater(study)
    cursor = api.get(f"{URL}/raters/?limit=1").json()["next"].partition("cursor=")[2]
    assert api.get(f"{URL}/raters/?cursor={cursor}").status_code == 200
    answer = api.get(f"{URL}/{other}&cursor={cursor}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_forged_cursor_is_no_page(api: APIClient, study: Study) -> None:
    assert api.get(f"{URL}/raters/?cursor=forged").status_code == 404


def test_rows_are_told_in_part(api: APIClient, study: Study) -> None:
    make_rater(study)
    (row,) = api.get(f"{URL}/raters/?fields=code,status").json()["results"]
    assert list(row) == ["code", "status"]


def test_rows_are_chosen_and_sorted(api: APIClient, study: Study, owner: User) -> None:
    AuditEntry.objects.all().delete()
    for action in ("study.open", "study.paused", "study.open"):
        record(study=study, actor=owner, action=action)
    times = [item.created_at.isoformat() for item in AuditEntry.objects.order_by("created_at")]
    found = all_rows(api, f"{URL}/audit/?action=study.open&order=created_at&limit=1")
    assert [row["action"] for row in found] == ["study.open"] * 2
    assert found[0]["created_at"] < found[1]["created_at"]
    since = api.get(f"{URL}/audit/", {"since": times[1], "before": times[2]}).json()
    assert [row["action"] for row in since["results"]] == ["study.paused"]
    assert api.get(f"{URL}/audit/?actor=somebody").json()["results"] == []


def test_one_thing_is_told_as_in_its_list(api: APIClient, study: Study) -> None:
    second = make_stimuli(study, 2)[1]
    rater = make_rater(study)
    (image,) = api.get(f"{URL}/stimuli/?id={second.pk}").json()["results"]
    assert api.get(f"{URL}/stimuli/{second.pk}/").json() == image
    (listed,) = api.get(f"{URL}/raters/?code={rater.code}").json()["results"]
    assert api.get(f"{URL}/raters/{rater.code}/").json() == listed


def test_studies_are_chosen(api: APIClient, owner: User) -> None:
    make_study(owner, "other", status="paused")
    rows = all_rows(api, "/api/v1/studies/?status=paused&order=-title&fields=slug")
    assert rows == [{"slug": "other"}]
    assert api.get("/api/v1/studies/?archived=perhaps").status_code == 400


def lists() -> dict[str, Any]:
    tops: list[Any] = get_resolver().url_patterns
    views: dict[str, Any] = {
        str(pattern.name): getattr(pattern.callback, "view_class", object)
        for top in tops
        if str(top.pattern) == "api/v1/"
        for inner in top.url_patterns
        for pattern in getattr(inner, "url_patterns", [])
        if isinstance(pattern, URLPattern)
    }
    return {name: view for name, view in views.items() if issubclass(view, ApiListView)}


def test_every_list_takes_its_filters_and_orders(api: APIClient, world: World) -> None:
    found = lists()
    assert len(found) > 14
    for name, view in found.items():
        if name == "api-people":
            continue  # Its own tests have the token that it asks for.
        address = address_of(name, world)
        assert view.orders or name == "api-stimuli", name
        for order in view.orders:
            for way in ("", "-"):
                answer = api.get(f"{address}?order={way}{order}&limit=1")
                assert answer.status_code in (200, 400, 404), (name, order)
        for asked in view.filters:
            answer = api.get(f"{address}?{asked}=1")
            assert answer.status_code in (200, 400, 404), (name, asked)


def test_the_live_release_is_made_for_its_list(api: APIClient) -> None:
    (live,) = api.get(f"{URL}/releases/?state=live&fields=number,state").json()["results"]
    assert live == {"number": OpinionRelease.objects.get().number, "state": "live"}
