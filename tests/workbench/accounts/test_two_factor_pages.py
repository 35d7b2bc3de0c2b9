"""The pages on which somebody sets up a second factor, in the site's own words."""

import time
from pathlib import Path

import allauth
import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.template.loader import get_template
from django.test import Client

from workbench.accounts.models import User
from workbench.settings import BASE_DIR

pytestmark = pytest.mark.django_db

#: Pages of allauth's that a site of ours never shows: nobody signs up, or signs in by mail or
#: phone, and no browser is trusted for a while. Those about addresses exist where mail is sent.
_UNUSED = (
    "base_", "confirm_", "email", "phone", "request_login", "signup", "password_set", "trust",
    "verif", "snippets", "totp/base", "recovery_codes/base",
)  # fmt: skip
PACKAGE = Path(allauth.__file__).parent / "templates"
SHOWN = [
    name
    for path in sorted(PACKAGE.glob("account/*.html")) + sorted(PACKAGE.glob("mfa/**/*.html"))
    if not (name := path.relative_to(PACKAGE).as_posix()).split("/", 1)[1].startswith(_UNUSED)
    and "signup" not in name
    and "login_script" not in name
]


@pytest.mark.parametrize("name", [*SHOWN, "429.html"])
def test_each_page_that_is_shown_is_in_our_own_words(name: str) -> None:
    origin = Path(get_template(name).origin.name)  # type: ignore[attr-defined] # of its engine
    assert origin.is_relative_to(BASE_DIR / "workbench")


def test_an_error_is_told_in_our_own_words(owner: User) -> None:
    client = Client()
    client.force_login(owner)
    told = client.post("/accounts/reauthenticate/", {"password": "wrong"}).content.decode()
    assert "That password is not right." in told


@pytest.fixture
def visitor(owner: User) -> Client:
    """Somebody who has just said that it is still them."""
    client = Client()
    client.force_login(owner)
    asked = client.get("/accounts/2fa/totp/activate/", follow=True).content.decode()
    assert "Is it still you?" in asked
    client.post("/accounts/reauthenticate/", {"password": "correct horse"})
    return client


def test_an_app_is_set_up_and_codes_come_with_it(visitor: Client) -> None:
    start = visitor.get("/accounts/2fa/").content.decode()
    assert "Set up an app" in start
    page = visitor.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    assert secret in page.content.decode()
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    codes = visitor.post("/accounts/2fa/totp/activate/", {"code": code}, follow=True)
    assert "10 codes are left." in codes.content.decode()
    assert "Remove the app" in visitor.get("/accounts/2fa/").content.decode()


def test_a_wrong_code_is_told_and_sets_nothing_up(visitor: Client) -> None:
    visitor.get("/accounts/2fa/totp/activate/")
    refused = visitor.post("/accounts/2fa/totp/activate/", {"code": "000000"})
    assert refused.context["form"].errors["code"]
    assert "Set up an app" in visitor.get("/accounts/2fa/").content.decode()
