"""Accounts by the API: what the page People does, for scripts of lab administrators."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from annotation.models import AuditEntry, Study
from tests.factories import make_user
from workbench.accounts.models import ApiToken, User
from workbench.accounts.tokens import TokenError, make_token

pytestmark = pytest.mark.django_db

PEOPLE = "/api/v1/people/"
ACTS = ("link/", "sign-out/", "tokens/revocation/", "two-factor/removal/")
Send = Callable[..., Any]


def client_of(account: User, *scopes: str, studies: tuple[str, ...] = ()) -> Send:
    _row, secret = ApiToken.objects.create(
        user=account, name="script", scopes=list(scopes), studies=list(studies)
    )
    client = Client(headers={"Authorization": f"Token {secret}"})

    def send(method: str, path: str = "", **body: Any) -> Any:
        more = {"data": body, "content_type": "application/json"} if method != "get" else {}
        return getattr(client, method)(PEOPLE + path, **more)

    return send


@pytest.fixture
def send(administrator: User) -> Send:
    return client_of(administrator, "people")


@pytest.fixture
def colleague(db: None) -> User:
    return make_user("colleague", email="colleague@lab.example")


def acts() -> list[tuple[str, str | None]]:
    rows = AuditEntry.objects.exclude(action="token.used").order_by("pk")
    return [(row.action, row.actor.username if row.actor else None) for row in rows]


def test_somebody_is_invited_and_chooses_a_password(send: Send) -> None:
    told = send("post", account="newcomer", email="new@lab.example", administrator=True)
    assert told.status_code == 201
    person = told.json()
    assert (person["account"], person["administrator"], person["mailed"]) == (
        "newcomer",
        True,
        False,
    )
    password = "a long and quite good one"
    visitor = Client()
    visitor.post(person["link"], {"new_password1": password, "new_password2": password})
    assert visitor.login(username="newcomer", password=password)
    assert "link" not in send("get", "newcomer/").json()


def test_with_a_mail_server_the_link_is_mailed(send: Send, colleague: User, settings: Any) -> None:
    settings.EMAIL_URL = "smtp://mail.example"
    told = send("post", "colleague/link/").json()
    assert told["mailed"] is True
    assert told["link"] in mail.outbox[0].body


def test_people_are_listed_found_and_told(send: Send, colleague: User) -> None:
    found = send("get").json()["results"]
    assert {row["account"] for row in found} == {"administrator", "colleague"}
    assert [row["account"] for row in send("get", "?account=COLL").json()["results"]] == [
        "colleague"
    ]
    assert send("get", "colleague/").json()["email"] == "colleague@lab.example"
    assert send("get", "nobody/").status_code == 404
    backwards = send("get", "?order=-username&fields=account&active=true").json()["results"]
    assert backwards == [{"account": "colleague"}, {"account": "administrator"}]


def test_rights_and_accounts_are_given_and_taken(send: Send, colleague: User) -> None:
    assert send("patch", "colleague/", administrator=True).json()["administrator"] is True
    make_token(colleague, name="theirs", scopes=["read"])
    closed = send("patch", "colleague/", administrator=False, active=False).json()
    assert (closed["administrator"], closed["active"]) == (False, False)
    assert not ApiToken.objects.filter(user=colleague).exists()
    # Closed already: nothing happens, and nothing is told twice.
    assert send("patch", "colleague/", active=False).status_code == 200
    assert send("patch", "colleague/", active=True).json()["active"] is True


def test_help_for_somebody_who_lost_something(send: Send, colleague: User) -> None:
    browser = Client()
    browser.force_login(colleague)
    make_token(colleague, name="theirs", scopes=["read"])
    Authenticator.objects.create(user=colleague, type="totp", data={})
    assert send("get", "colleague/").json()["two_factor"] is True
    assert send("post", "colleague/two-factor/removal/").json()["two_factor"] is False
    assert send("post", "colleague/tokens/revocation/").json() == {"revoked": 1}
    assert send("post", "colleague/sign-out/").status_code == 200
    assert browser.get("/studies/").status_code == 302


def test_every_act_is_in_the_audit_trail(send: Send, colleague: User) -> None:
    make_token(colleague, name="theirs", scopes=["read"])
    before = len(acts())
    send("post", account="newcomer")
    for path in ACTS:
        assert send("post", f"colleague/{path}").status_code == 200
    send("patch", "colleague/", administrator=True)
    send("patch", "colleague/", active=False)
    assert [action for action, _actor in acts()[before:]] == [
        "account.created",
        "account.link_made",
        "account.link_made",
        "account.signed_out_everywhere",
        "token.all_revoked",
        "account.factors_forgotten",
        "account.role_changed",
        "account.deactivated",
    ]
    assert {actor for _action, actor in acts()[before:]} == {"administrator"}


def test_nobody_changes_their_own_account(send: Send) -> None:
    for change in ({"administrator": False}, {"active": False}):
        refused = send("patch", "administrator/", **change)
        assert (refused.status_code, refused.json()["code"]) == (409, "account")
    assert send("get", "administrator/").json()["administrator"] is True


def test_a_change_is_refused_whole(send: Send, colleague: User) -> None:
    assert send("patch", "colleague/", administrator=True, active="no").status_code == 400
    assert send("get", "colleague/").json()["administrator"] is False


@pytest.mark.parametrize(
    ("account", "status", "code"),
    [("colleague", 409, "account"), ("COLLEAGUE", 409, "account"), ("two words", 400, "invalid")],
)
def test_names_that_cannot_be_had(
    send: Send, colleague: User, account: str, status: int, code: str
) -> None:
    refused = send("post", account=account)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_a_token_needs_the_scope_people(administrator: User, owner: User) -> None:
    everything_else = client_of(administrator, "read", "export", "manage")
    for refused in (
        everything_else("get"),
        everything_else("post", account="newcomer"),
        everything_else("post", "administrator/sign-out/"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "token_scope")
    with pytest.raises(TokenError, match="Choose what"):
        make_token(owner, name="mine", scopes=["people"])
    assert make_token(administrator, name="mine", scopes=["people"])[0].scopes == ["people"]


def test_only_administrators_see_accounts(owner: User) -> None:
    """Somebody who was one when they made the token."""
    send = client_of(owner, "people")
    for refused in (send("get"), send("get", "owner/"), send("post", account="newcomer")):
        assert refused.status_code == 403
        assert "lab administrators" in refused.json()["detail"]


def test_a_token_for_some_studies_opens_no_accounts(administrator: User, study: Study) -> None:
    send = client_of(administrator, "people", studies=(study.slug,))
    assert send("get").json()["code"] == "token_studies"
    with pytest.raises(TokenError, match="some studies alone"):
        make_token(administrator, name="mine", scopes=["people"], studies=[study.slug])


def test_a_browsers_session_opens_nothing(administrator: User) -> None:
    """Pages ask for the second factor again; a page elsewhere cannot send a token."""
    client = Client()
    client.force_login(administrator)
    assert client.get(PEOPLE).status_code == 401


def test_an_administrators_token_can_be_for_any_study(
    administrator: User, study: Study, client: Client
) -> None:
    """Of which they are no member, as they see all."""
    token, _secret = make_token(
        administrator, name="one study", scopes=["read"], studies=[study.slug]
    )
    assert token.studies == [study.slug]
    client.force_login(administrator)
    assert f'value="{study.slug}"' in client.get("/accounts/token/").content.decode()
    opened = Client(headers={"Authorization": f"Token {_secret}"})
    assert opened.get(f"/api/v1/studies/{study.slug}/").status_code == 200
