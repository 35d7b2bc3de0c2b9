"""The page behind a shared link, as a visitor sees it."""

import re

import pytest
from django.test import Client

from annotation.models import Rater, SharedLink, Study
from annotation.raters.access import rater_link
from annotation.raters.invitations import (
    close_shared_link,
    open_shared_link,
    rotate_shared_link,
    shared_link_path,
)
from tests.factories import make_stimuli
from workbench.accounts.models import User


@pytest.fixture
def address(study: Study, owner: User) -> str:
    make_stimuli(study, 1)
    return shared_link_path(open_shared_link(study=study, quota=2, actor=owner))


def take_part(browser: Client, address: str) -> str:
    """Opens the link and presses the button; the page that follows."""
    page = browser.get(address).content.decode()
    (entry,) = re.findall(r'name="entry" value="([^"]+)"', page)
    return browser.post(address, {"entry": entry}, follow=True).content.decode()


def test_opening_the_link_makes_nobody(client: Client, address: str) -> None:
    response = client.get(address)
    assert "Take part" in response.content.decode()
    assert set(response.cookies) <= {"csrftoken"}
    assert "no-store" in response["Cache-Control"]
    client.head(address)
    assert not Rater.objects.exists()


def test_a_visitor_gets_a_link_of_their_own_that_opens_the_study(
    client: Client, address: str
) -> None:
    page = take_part(client, address)
    own = rater_link(Rater.objects.get())
    # Consent comes at once, with the link to keep.
    assert f'value="http://testserver{own}"' in page
    assert "I have read this and agree" in page


def test_the_same_browser_comes_back_to_the_same_link(client: Client, address: str) -> None:
    take_part(client, address)
    own = rater_link(Rater.objects.get())
    for response in (client.get(address), client.post(address, {"entry": "any"})):
        assert (response.status_code, response["Location"]) == (302, own)
    assert Rater.objects.count() == SharedLink.objects.get().used == 1


def test_the_cookie_is_for_this_page_alone(client: Client, address: str) -> None:
    take_part(client, address)
    (cookie,) = (item for name, item in client.cookies.items() if name.startswith("mint-rater"))
    assert cookie["path"] == "/rate/join/"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_another_browser_is_another_rater_until_the_quota_is_used_up(address: str) -> None:
    browsers = [Client(), Client()]
    for browser in browsers:
        take_part(browser, address)
    assert Rater.objects.count() == 2
    assert "Enough people have joined" in Client().get(address).content.decode()
    assert "Your own link" in browsers[0].get(address, follow=True).content.decode()


def test_a_closed_link_says_so_but_knows_who_joined(
    client: Client, study: Study, owner: User, address: str
) -> None:
    take_part(client, address)
    close_shared_link(study=study, actor=owner)
    response = Client().get(address)
    assert response.status_code == 403
    assert "This invitation has ended" in response.content.decode()
    assert "Your own link" in client.get(address, follow=True).content.decode()


def test_a_replaced_link_opens_nothing(study: Study, owner: User, address: str) -> None:
    rotate_shared_link(study=study, actor=owner)
    response = Client().get(address)
    assert response.status_code == 404
    assert "This link has been replaced" in response.content.decode()


@pytest.mark.parametrize(
    ("status", "says"),
    [("draft", "Not open yet"), ("paused", "A short pause"), ("closed", "This study is closed")],
)
def test_a_study_that_is_not_open_says_so(
    client: Client, study: Study, address: str, status: str, says: str
) -> None:
    Study.objects.update(status=status)
    assert says in client.get(address).content.decode()
    assert not Rater.objects.exists()


@pytest.mark.parametrize("entry", ["", "forged", "1.ABC"])
def test_a_forged_entry_makes_nobody(client: Client, address: str, entry: str) -> None:
    assert client.post(address, {"entry": entry}).status_code == 404
    assert not Rater.objects.exists()


def test_a_rush_is_asked_to_wait(
    client: Client, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotation.raters.invitations.JOINS_PER_MINUTE", 0)
    page = client.get(address).content.decode()
    (entry,) = re.findall(r'name="entry" value="([^"]+)"', page)
    response = client.post(address, {"entry": entry})
    assert response.status_code == 429
    assert "One moment" in response.content.decode()
    assert not Rater.objects.exists()


def test_a_replaced_personal_link_does_not_make_a_second_rater(
    client: Client, address: str
) -> None:
    take_part(client, address)
    Rater.objects.update(link_version=2)
    assert client.get(address).status_code == 404
    assert client.post(address, {"entry": "any"}).status_code == 404
    assert Rater.objects.count() == 1


def test_a_forged_cookie_is_nobody(client: Client, study: Study, address: str) -> None:
    client.cookies[f"mint-rater-{study.pk}"] = "AAAA.1.forged"
    assert "Take part" in client.get(address).content.decode()


def test_the_form_needs_the_sites_own_token(address: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(address, {"entry": "any"}).status_code == 403
