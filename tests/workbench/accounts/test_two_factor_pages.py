"""The pages on which somebody sets up a second factor, in the site's own words."""

import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from workbench.accounts.models import User

pytestmark = pytest.mark.django_db


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
