"""The page People: invited by a link, helped, changed and closed, each act in words."""

import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from annotation.models import AuditEntry
from annotation.studies.acts import said
from workbench.accounts import people
from workbench.accounts.links import make_link
from workbench.accounts.models import ApiToken, User
from workbench.accounts.services import AccountError
from workbench.accounts.tokens import TokenError, make_token

PEOPLE = "/accounts/people/"
PASSWORD = "plum-otter-91-lantern"
CHOSEN = {"new_password1": PASSWORD, "new_password2": PASSWORD}


@pytest.fixture(autouse=True)
def nothing_counted_yet(db: None) -> None:
    cache.clear()


@pytest.fixture
def admin(administrator: User) -> Client:
    """The administrator's browser."""
    client = Client()
    client.force_login(administrator)
    return client


def link_in(answer: Any) -> str:
    found = re.search(
        r'id="link">http://testserver(/accounts/link/[^<]+)<', answer.content.decode()
    )
    assert found
    return found[1]


def act(admin: Client, account: User, name: str) -> Any:
    return admin.post(f"{PEOPLE}{account.pk}/{name}/")


def can_sign_in(username: str, password: str = PASSWORD) -> bool:
    answer = Client().post("/accounts/login/", {"login": username, "password": password})
    return answer.status_code == 302


def acts() -> list[str]:
    entries = AuditEntry.objects.order_by("pk").exclude(action__startswith="account.signed_in")
    return [f"{entry.actor}: {said(entry)}" for entry in entries]


def test_somebody_is_invited_by_a_link_that_works_once(admin: Client) -> None:
    link = link_in(admin.post(PEOPLE, {"username": "lin", "email": "lin@example.org"}))
    assert "Invited" in admin.get(PEOPLE).content.decode()
    assert not can_sign_in("lin", "")
    guest = Client()
    assert "lin" in guest.get(link).content.decode()
    assert guest.post(link, {**CHOSEN, "new_password2": "another"}).status_code == 200
    assert guest.post(link, CHOSEN)["Location"] == "/accounts/login/"
    assert can_sign_in("lin")
    for answer in (guest.get(link), guest.post(link, CHOSEN)):
        assert answer.status_code == 404
        assert "no longer works" in answer.content.decode()
    assert acts() == [
        "administrator: Made the account lin (an ordinary account)",
        "administrator: Made a link by which lin chooses a password",
        "lin: Changed the account’s password",
    ]


@pytest.mark.parametrize("key", ["1", "1-", "zz-cx9z-0f", "-", "1-cx9z-0f3a", "9" * 400])
def test_a_forged_link_opens_nothing(key: str, owner: User) -> None:
    assert Client().get(f"/accounts/link/{key}/").status_code == 404


def test_a_link_ends_in_time_and_with_what_ends_sessions(
    admin: Client, owner: User, settings: Settings
) -> None:
    link = link_in(act(admin, owner, "link"))
    assert Client().get(link).status_code == 200
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert Client().get(link).status_code == 404
    settings.PASSWORD_RESET_TIMEOUT = 60
    act(admin, owner, "sign-out")
    assert Client().get(link).status_code == 404
    link = link_in(act(admin, owner, "link"))
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert Client().get(link).status_code == 404


def test_an_account_is_signed_out_of_every_browser(admin: Client, owner: User) -> None:
    browsers = [Client(), Client()]
    for browser in browsers:
        browser.force_login(owner)
    act(admin, owner, "sign-out")
    assert [browser.get("/studies/").status_code for browser in browsers] == [302, 302]
    assert can_sign_in("owner", "correct horse")


def test_closing_ends_everything_and_opening_again_takes_a_new_password(
    admin: Client, owner: User
) -> None:
    browser = Client()
    browser.force_login(owner)
    make_token(owner, name="a", scopes=["read"])
    act(admin, owner, "close")
    assert browser.get("/studies/").status_code == 302
    assert not ApiToken.objects.exists()
    link = link_in(act(admin, owner, "reopen"))
    assert not can_sign_in("owner", "correct horse")
    Client().post(link, CHOSEN)
    assert can_sign_in("owner")


def test_roles_are_changed_but_ones_own(admin: Client, owner: User, administrator: User) -> None:
    act(admin, owner, "raise")
    assert User.objects.get(pk=owner.pk).is_staff
    act(admin, owner, "lower")
    assert not User.objects.get(pk=owner.pk).is_staff
    for name in ("lower", "close"):
        refused = admin.post(f"{PEOPLE}{administrator.pk}/{name}/", follow=True)
        assert "Ask another administrator" in refused.content.decode()
    administrator.refresh_from_db()
    assert (administrator.is_staff, administrator.is_active) == (True, True)


def test_who_was_lowered_a_moment_ago_lowers_nobody(administrator: User, owner: User) -> None:
    """As if the other's act had come first: the site keeps an administrator."""
    User.objects.filter(pk=administrator.pk).update(is_staff=False)
    with pytest.raises(AccountError, match="no longer"):
        people.close_account(actor=administrator, username="owner")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"username": "Owner"}, "There is already an account"),
        ({"username": "a b"}, "Enter a valid username"),
        ({"username": ""}, "This field is required"),
        ({"username": "lin", "email": "nowhere"}, "Enter a valid email"),
    ],
)
def test_an_invitation_that_does_not_fit_is_named(
    admin: Client, owner: User, given: dict[str, str], told: str
) -> None:
    assert told in admin.post(PEOPLE, given).content.decode()
    assert User.objects.count() == 2


def test_people_are_found_by_name_and_address(admin: Client, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(email="wei@example.org")
    for search, found in (("OWN", True), ("wei@", True), ("lin", False), ("%00", False)):
        page = admin.get(f"{PEOPLE}?search={search}").content.decode()
        assert (f'href="{PEOPLE}{owner.pk}/"' in page) == found


def test_with_a_mail_server_the_link_is_mailed_too(admin: Client, settings: Settings) -> None:
    settings.EMAIL_URL = "smtp://127.0.0.1:1"
    link = link_in(admin.post(PEOPLE, {"username": "lin", "email": "lin@example.org"}))
    (letter,) = mail.outbox
    assert letter.to == ["lin@example.org"]
    assert f"http://testserver{link}" in letter.body


def test_a_mail_server_that_fails_leaves_the_link_to_hand_over(
    admin: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(message: object) -> None:
        raise ConnectionRefusedError

    settings.EMAIL_URL = "smtp://127.0.0.1:1"
    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)
    answer = admin.post(PEOPLE, {"username": "lin", "email": "lin@example.org"})
    assert link_in(answer)
    assert "Hand the link over yourself" in answer.content.decode()


def add_factor(account: User) -> Authenticator:
    RecoveryCodes.activate(account)
    return TOTP.activate(account, generate_totp_secret()).instance


def test_a_lost_second_factor_is_removed(admin: Client, owner: User) -> None:
    add_factor(owner)
    assert people.people().get(pk=owner.pk).two_factor  # type: ignore[attr-defined]
    act(admin, owner, "forget-two-factor")
    assert not Authenticator.objects.exists()
    assert acts()[-1] == "administrator: Removed the two-factor sign-in of owner"


@pytest.mark.parametrize("path", [PEOPLE, "/accounts/token/"])
def test_who_has_a_second_factor_is_asked_for_it_again(
    path: str, admin: Client, administrator: User
) -> None:
    add_factor(administrator)
    assert admin.get(path).status_code == 200
    given = {"username": "lin", "name": "notebook", "scopes": ["read"]}
    assert admin.post(path, given)["Location"].startswith("/accounts/reauthenticate/")
    assert not User.objects.filter(username="lin").exists()
    assert not ApiToken.objects.exists()


def test_a_site_can_ask_token_owners_for_a_second_factor(owner: User, settings: Settings) -> None:
    settings.TOKENS_NEED_TWO_FACTOR = True
    with pytest.raises(TokenError, match="Set up two-factor"):
        make_token(owner, name="a", scopes=["read"])
    add_factor(owner)
    make_token(owner, name="a", scopes=["read"])


@pytest.mark.parametrize("way", ["page", "link", "command"])
def test_a_new_password_ends_the_tokens(way: str, client: Client, owner: User) -> None:
    make_token(owner, name="a", scopes=["read"])
    owner.email = "other@example.org"
    owner.save()
    client.force_login(owner)
    client.post("/accounts/login/", {"login": "owner", "password": "correct horse"})
    assert ApiToken.objects.exists(), "no password was changed yet"
    if way == "page":
        given = {"oldpassword": "correct horse", "password1": PASSWORD, "password2": PASSWORD}
        client.post("/accounts/password/change/", given)
    elif way == "link":
        Client().post(make_link(owner, actor=None), CHOSEN)
    else:
        owner.set_password(PASSWORD)  # as `manage.py changepassword` does
        owner.save()
    assert not ApiToken.objects.exists()
    assert "None: Revoked all API tokens of owner: 1" in acts()


def test_the_first_start_prints_a_link_until_somebody_can_sign_in(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "workbench.example.org", "testserver"]
    settings.FIRST_ADMINISTRATOR = "lin"
    said = [prepared(), prepared()]
    links = [re.search(r"http://workbench.example.org(/accounts/link/\S+)", one) for one in said]
    assert links[0]
    assert links[1]
    assert Client().post(links[1][1], CHOSEN).status_code == 302
    assert can_sign_in("lin")
    assert User.objects.get().is_staff
    assert "accounts/link" not in prepared()
    assert Client().get(links[0][1]).status_code == 404


def prepared() -> str:
    out = StringIO()
    call_command("prepare_site", stdout=out)
    return out.getvalue()


def test_a_command_prints_a_link_too(owner: User, settings: Settings) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://mint.example.org"]
    out = StringIO()
    call_command("account_link", "owner", stdout=out)
    link = out.getvalue().strip().removeprefix("https://mint.example.org")
    assert Client().get(link).status_code == 200
    User.objects.update(is_active=False)
    for name, told in (("owner", "deactivated"), ("nobody", "no account")):
        with pytest.raises(CommandError, match=told):
            call_command("account_link", name)


def test_an_invitation_of_long_ago_is_renewed(admin: Client, settings: Settings) -> None:
    admin.post(PEOPLE, {"username": "lin"})
    account = User.objects.get(username="lin")
    assert account.date_joined > timezone.now() - timedelta(minutes=5)
    assert Client().get(link_in(act(admin, account, "link"))).status_code == 200
    assert act(admin, account, "ruin").status_code == 404


def test_passkeys_are_offered_where_browsers_keep_them(client: Client) -> None:
    # They belong to a name: Chromium calls an address an invalid domain.
    for host, offered in (("localhost:8000", True), ("127.0.0.1:8000", False), ("[::1]", False)):
        page = client.get("/accounts/login/", headers={"host": host}).content.decode()
        assert ('id="passkey_login"' in page) == offered


def test_the_sign_in_page_takes_passkeys(client: Client) -> None:
    page = client.get("/accounts/login/").content.decode()
    assert 'id="passkey_login"' in page
    options = client.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"})
    assert options.json()["request_options"]["publicKey"]["challenge"]
