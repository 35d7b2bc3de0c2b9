"""ETags: what has not changed is not sent again, and nobody's change is lost."""

from typing import Any

import pytest
from django.urls import resolve
from rest_framework.test import APIClient

from annotation.models import SharedLink, Study
from tests.test_hostile_requests import ENDPOINTS, address_of
from tests.test_permissions_table import World, world
from workbench.accounts.api_views import ApiView
from workbench.accounts.models import User

__all__ = ["world"]

pytestmark = pytest.mark.django_db

URL = "/api/v1/studies/demo/"


@pytest.fixture
def api(owner: User, study: Study) -> APIClient:
    client = APIClient()
    client.force_authenticate(owner)
    return client


def change(api: APIClient, etag: str, title: str) -> Any:
    return api.patch(URL, {"title": title}, format="json", headers={"If-Match": etag})


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_what_has_not_changed_is_not_sent_again(api: APIClient, form: str) -> None:
    etag = api.get(URL).headers["ETag"]
    answer = api.get(URL, headers={"If-None-Match": form.format(etag)})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == etag
    assert "private" in answer.headers["Cache-Control"]
    assert "Authorization" in answer.headers["Vary"]


def test_what_has_changed_is_sent(api: APIClient) -> None:
    etag = api.get(URL).headers["ETag"]
    api.patch(URL, {"title": "Other"}, format="json")
    answer = api.get(URL, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.json()["title"]) == (200, "Other")
    assert answer.headers["ETag"] != etag


def test_a_change_is_made_to_what_its_sender_read(api: APIClient) -> None:
    first = change(api, api.get(URL).headers["ETag"], "First")
    assert first.status_code == 200
    second = change(api, first.headers["ETag"], "Second")
    assert second.status_code == 200
    assert change(api, "*", "Third").status_code == 200
    assert Study.objects.get().title == "Third"


def test_a_change_to_something_else_is_refused(api: APIClient) -> None:
    etag = api.get(URL).headers["ETag"]
    change(api, etag, "Mine")
    answer = change(api, etag, "Theirs")
    assert (answer.status_code, answer.json()["code"]) == (412, "changed")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert Study.objects.get().title == "Mine"


def test_a_weak_tag_does_not_allow_a_change(api: APIClient) -> None:
    etag = api.get(URL).headers["ETag"]
    assert change(api, f"W/{etag}", "Other").status_code == 412


def test_recruitment_is_changed_by_its_tag(api: APIClient, study: Study) -> None:
    SharedLink.objects.create(study=study, quota=10)
    address = f"{URL}recruitment/"
    read = api.get(address)
    etag = read.headers["ETag"]
    body = {**read.json(), "parameters": []}
    told = api.put(address, body, format="json", headers={"If-Match": etag})
    assert told.status_code == 200, told.content
    assert told.headers["ETag"] == api.get(address).headers["ETag"]
    refused = api.put(address, body, format="json", headers={"If-Match": '"none"'})
    assert refused.status_code == 412


def test_a_method_that_is_not_there_is_refused_as_such(api: APIClient) -> None:
    refused = api.patch(f"{URL}recruitment/", {}, format="json", headers={"If-Match": '"none"'})
    assert refused.status_code == 405


def test_a_stranger_learns_nothing_by_a_tag(outsider: User, study: Study) -> None:
    client = APIClient()
    client.force_authenticate(outsider)
    assert change(client, '"none"', "Mine").status_code == 404


def test_every_read_has_a_tag(api: APIClient, world: World) -> None:
    for route in (name for name in ENDPOINTS if name.startswith("api-")):
        view: Any = resolve(address_of(route, world)).func
        if not (issubclass(view.view_class, ApiView) and hasattr(view.view_class, "get")):
            continue
        answer = api.get(address_of(route, world))
        if answer.status_code == 200 and not answer.streaming:
            assert answer.headers["ETag"].startswith('"'), route


def test_whatever_is_replaced_can_be_locked(world: World) -> None:
    for route in (name for name in ENDPOINTS if name.startswith("api-")):
        view: Any = resolve(address_of(route, world)).func
        if {"put", "patch"} & set(dir(view.view_class)):
            assert "lock" in vars(view.view_class), route
