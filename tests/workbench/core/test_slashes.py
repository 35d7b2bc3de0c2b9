"""Addresses of the API without the slash at their end."""

from typing import Any

import pytest
from django.test import Client

from annotation.models import Study
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db


def test_what_is_read_is_found(client: Client, study: Study, owner: User) -> None:
    client.force_login(owner)
    answer: Any = client.get("/api/v1/studies/demo", follow=True)
    assert (answer.redirect_chain, answer.json()["slug"]) == (
        [("/api/v1/studies/demo/", 301)],
        "demo",
    )


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_what_changes_something_is_told_of_the_slash(
    client: Client, study: Study, owner: User, method: str
) -> None:
    """A redirected POST arrives as a GET, whose answer looks like a success."""
    client.force_login(owner)
    answer = getattr(client, method)("/api/v1/studies", {}, content_type="application/json")
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert (told["status"], told["code"]) == (404, "no_slash")
    assert "end with a slash" in told["detail"]


def test_an_address_that_leads_nowhere_is_not_found(client: Client) -> None:
    told = client.post("/api/v1/nothing", {}, content_type="application/json").json()
    assert told["code"] == "not_found"
