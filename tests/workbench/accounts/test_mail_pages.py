"""Pages that need mail: taken over where there is none, working where there is, never a 500."""

import importlib
from collections.abc import Iterator

import pytest
from allauth.account.urls import urlpatterns as account_patterns
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import clear_url_caches
from pytest_django import Settings

from workbench import urls
from workbench.accounts.models import User

ASK = "Ask your administrator"
#: What each of allauth's routes needs in its address.
FILLED = {"uidb36": "1", "key": "cx9z-0f3a"}


@pytest.fixture(autouse=True)
def nothing_counted_yet(db: None) -> None:
    cache.clear()


@pytest.fixture
def with_mail(settings: Settings) -> Iterator[None]:
    settings.EMAIL_URL = "smtp://127.0.0.1:1"
    _read_urls_again()
    yield
    settings.EMAIL_URL = ""
    _read_urls_again()


def _read_urls_again() -> None:
    clear_url_caches()
    importlib.reload(urls)


def addresses() -> list[str]:
    found = []
    for pattern in account_patterns:
        route = str(pattern.pattern)
        if route.startswith("^"):
            prefix = route[1:].split("(", maxsplit=1)[0]
            route = f"{prefix}{'1-cx9z-0f3a' if 'uidb36' in route else 'MQ:1s:abc'}/"
        found.append(f"/accounts/{route}")
    return found


@pytest.mark.parametrize("address", addresses())
def test_no_account_page_breaks_without_mail(address: str, owner: User) -> None:
    for signed_in in (False, True):
        client = Client(raise_request_exception=False)
        if signed_in:
            client.force_login(owner)
        form = {"email": "lin@example.org", "action_add": "", "username": "lin"}
        assert client.get(address).status_code < 500
        assert client.post(address, form).status_code < 500
    assert mail.outbox == []


@pytest.mark.parametrize(
    "address",
    [
        "password/reset/", "password/reset/done/", "password/reset/key/1-cx9z-0f3a/", "email/",
        "confirm-email/", "confirm-email/MQ:1s:abc/",
    ],
)  # fmt: skip
def test_without_mail_each_of_its_pages_says_whom_to_ask(
    address: str, client: Client, settings: Settings
) -> None:
    settings.CONTACT = "Dr Lin, room 4"
    for answer in (client.get(f"/accounts/{address}"), client.post(f"/accounts/{address}")):
        page = answer.content.decode()
        assert ASK in page
        assert "Dr Lin, room 4" in page


def test_the_sign_in_page_says_whom_to_ask(client: Client, settings: Settings) -> None:
    settings.CONTACT = "Dr Lin, room 4"
    page = client.get("/accounts/login/").content.decode()
    assert "Dr Lin, room 4" in page
    assert "created by a lab administrator" in page


def test_the_sign_in_page_offers_no_mail_where_there_is_none(client: Client) -> None:
    page = client.get("/accounts/login/").content.decode()
    assert "/accounts/password/reset/" not in page
    assert "A lab administrator gives you a link to choose a new one." in page


def test_the_sign_in_page_offers_mail_where_there_is_some(with_mail: None, client: Client) -> None:
    page = client.get("/accounts/login/").content.decode()
    assert '<a href="/accounts/password/reset/">Forgot your password?</a>' in page


def test_with_mail_a_forgotten_password_is_replaced(
    with_mail: None, owner: User, client: Client
) -> None:
    owner.email = "owner@example.org"
    owner.save()
    assert ASK not in client.get("/accounts/password/reset/").content.decode()
    client.post("/accounts/password/reset/", {"email": owner.email})
    (letter,) = mail.outbox
    assert letter.to == ["owner@example.org"]
    link = next(line for line in letter.body.splitlines() if "/password/reset/key/" in line)
    path = "/" + link.strip().split("/", 3)[3]
    form = client.get(path, follow=True)
    new = {"password1": "plum-otter-91", "password2": "plum-otter-91"}
    client.post(form.redirect_chain[-1][0], new)
    owner.refresh_from_db()
    assert owner.check_password("plum-otter-91")


@pytest.mark.parametrize("failure", [ConnectionRefusedError(), TimeoutError(), "smtp"])
def test_a_mail_server_that_fails_is_told_and_is_no_500(
    failure: Exception | str, with_mail: None, owner: User, client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from smtplib import SMTPServerDisconnected

    def fail(message: object) -> None:
        raise SMTPServerDisconnected if isinstance(failure, str) else failure

    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)
    owner.email = "owner@example.org"
    owner.save()
    answer = client.post("/accounts/password/reset/", {"email": owner.email}, follow=True)
    assert answer.status_code == 200
    assert "The mail could not be sent." in answer.content.decode()


@pytest.mark.parametrize("key", ["%00", "mint_%00", "％", "../..", "a" * 5000, "%ff"])
def test_the_address_of_a_token_may_hold_anything(key: str, owner: User, client: Client) -> None:
    client.raise_request_exception = False
    client.force_login(owner)
    assert client.post(f"/accounts/token/{key}/revoke/").status_code == 404


@pytest.mark.parametrize(
    "header",
    ["Token \xff\xfe", "Token mint_\x00", "Token 令牌", "Token a b", "Token", "Token mint_é"],
)
def test_an_authorization_header_may_hold_anything(header: str, db: None) -> None:
    client = Client(raise_request_exception=False)
    sent = header.encode().decode("latin-1")
    answer = client.get("/api/v1/studies/", HTTP_AUTHORIZATION=sent)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
