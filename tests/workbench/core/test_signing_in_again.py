"""A page that stays open longer than its owner is signed in."""

from typing import Any

import pytest
from django.test import Client

from annotation.models import SharedLink, Study

pytestmark = pytest.mark.django_db

HERE = "http://testserver"
INVITE = "/studies/demo/invite/"


def headers(page: str) -> Any:
    return {"HX-Request": "true", "HX-Current-URL": f"{HERE}{page}"}


def test_a_form_s_owner_comes_back_to_its_page(client: Client, study: Study) -> None:
    """`…/shared/` takes forms alone: a browser that came there would show an error of its own."""
    asked = client.post(f"{INVITE}shared/", {}, headers={"Referer": f"{HERE}{INVITE}?count=2"})
    assert asked.headers["Location"] == f"/accounts/login/?next={INVITE}%3Fcount%3D2"
    assert not SharedLink.objects.exists()


@pytest.mark.parametrize("page", ["", "https://elsewhere.example/studies/", "javascript:alert(1)"])
def test_a_page_of_another_site_is_no_way_back(client: Client, study: Study, page: str) -> None:
    asked = client.post(f"{INVITE}shared/", {}, headers={"Referer": page})
    assert asked.headers["Location"] == "/accounts/login/?next=/"


def test_a_page_that_is_opened_is_where_one_comes_back_to(client: Client, study: Study) -> None:
    asked = client.get(INVITE, headers={"Referer": f"{HERE}/studies/"})
    assert asked.headers["Location"] == f"/accounts/login/?next={INVITE}"


def test_a_part_that_renews_itself_becomes_a_line(client: Client, study: Study) -> None:
    part = client.get("/studies/demo/now/", headers=headers("/studies/demo/"))
    assert (part.status_code, part.headers["HX-Reselect"]) == (200, "unset")
    assert "HX-Reswap" not in part.headers
    text = part.content.decode()
    assert "You are signed out." in text
    assert 'href="/accounts/login/?next=/studies/demo/"' in text
    assert "<form" not in text


def test_a_form_that_could_not_be_sent_stays(client: Client, study: Study) -> None:
    line = client.post("/studies/demo/import/", {}, headers=headers("/studies/demo/import/"))
    assert line.headers["HX-Reswap"] == "beforebegin"
    assert "You are signed out." in line.content.decode()
