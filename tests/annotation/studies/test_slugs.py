"""Addresses of studies: none is that of another page, and case does not make two."""

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from annotation.models import Study
from annotation.studies.services import StudyError, create_study, free_slug, is_reserved
from annotation.urls import console
from tests.annotation.studies.pages.test_new_study import make
from workbench.accounts.models import User


def words_of_routes() -> set[str]:
    """What stands below `/studies/` where a study's slug could stand."""
    routes = [str(item.pattern) for item in console.urlpatterns if isinstance(item, URLPattern)]
    return {route.split("/")[0] for route in routes if route and not route.startswith("<")}


def test_every_word_that_routes_use_is_reserved() -> None:
    assert words_of_routes() == {"new", "from-dataset"}
    assert all(is_reserved(word) for word in words_of_routes())
    assert not any(is_reserved(word) for word in ("news", "new-2", "demo", "a", "not a slug", ""))
    assert get_resolver().resolve("/studies/new-2/").url_name == "study"


def test_a_study_named_new_has_an_overview(client: Client, owner: User) -> None:
    client.force_login(owner)
    study = make(client, title="New")
    assert study.slug == "new-2"
    assert client.get(f"/studies/{study.slug}/").status_code == 200


def test_the_next_free_slug_is_taken(owner: User) -> None:
    assert [create_study(owner=owner, title=title).slug for title in ("New", "NEW", "new")] == [
        "new-2",
        "new-3",
        "new-4",
    ]
    assert free_slug("News") == "news"


@pytest.mark.parametrize("slug", ["new", "New", "NEW"])
def test_the_api_refuses_a_word_that_routes_use(client: Client, owner: User, slug: str) -> None:
    client.force_login(owner)
    answer = client.post(
        "/api/v1/studies/", {"title": "Mine", "slug": slug}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "study_invalid")
    assert f"“{slug}” is the address of a page" in answer.json()["detail"]
    assert not Study.objects.exists()


@pytest.mark.parametrize("slug", ["demo", "Demo", "DEMO"])
def test_case_does_not_make_two(client: Client, owner: User, study: Study, slug: str) -> None:
    client.force_login(owner)
    answer = client.post(
        "/api/v1/studies/", {"title": "Mine", "slug": slug}, content_type="application/json"
    )
    assert answer.status_code == 400
    with pytest.raises(StudyError, match="slug"):
        create_study(owner=owner, title="Mine", slug=slug)
    assert Study.objects.count() == 1


def test_a_slug_is_kept_in_lower_case(client: Client, owner: User) -> None:
    client.force_login(owner)
    answer = client.post(
        "/api/v1/studies/", {"title": "Mine", "slug": "Cats"}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["slug"]) == (201, "cats")
