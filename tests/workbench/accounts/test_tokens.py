"""API tokens: shown once, usable at once for what they are for, worthless when revoked."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from annotation.models import AuditEntry, Study
from annotation.removal.tasks import forget_names
from tests.factories import make_study
from workbench.accounts import tokens
from workbench.accounts.models import ApiToken, User
from workbench.accounts.tasks import forget_expired
from workbench.accounts.tokens import TokenError


def make_token(client: Client, *scopes: str) -> str:
    given = {"name": "notebook", "scopes": scopes or ("read", "export", "manage")}
    page = client.post("/accounts/token/", given).content.decode()
    found = re.search(r'id="secret">(mint_\w+)<', page)
    assert found
    return found[1]


def test_a_token_is_shown_once_and_opens_the_api(client: Client, owner: User) -> None:
    client.force_login(owner)
    secret = make_token(client)
    assert secret not in client.get("/accounts/token/").content.decode()
    answer = Client().get("/api/v1/studies/", HTTP_AUTHORIZATION=f"Token {secret}")
    assert answer.status_code == 200


def test_only_a_hash_of_the_token_is_stored(client: Client, owner: User) -> None:
    client.force_login(owner)
    secret = make_token(client)
    assert secret not in str(ApiToken.objects.values().get())


def test_a_revoked_token_opens_nothing(client: Client, owner: User) -> None:
    client.force_login(owner)
    secret = make_token(client)
    key = ApiToken.objects.get().token_key
    client.post(f"/accounts/token/{key}/revoke/")
    answer = Client().get("/api/v1/studies/", HTTP_AUTHORIZATION=f"Token {secret}")
    assert answer.status_code == 401


def test_a_token_that_is_sent_as_a_bearer_is_told_how(client: Client, owner: User) -> None:
    client.force_login(owner)
    header = f"Bearer {make_token(client)}"
    answer = Client().get("/api/v1/studies/", HTTP_AUTHORIZATION=header)
    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")
    assert "Authorization: Token" in answer.json()["detail"]


def test_a_token_is_its_owners_to_revoke(client: Client, owner: User, outsider: User) -> None:
    client.force_login(owner)
    make_token(client)
    client.force_login(outsider)
    key = ApiToken.objects.get().token_key
    assert client.post(f"/accounts/token/{key}/revoke/").status_code == 404
    assert ApiToken.objects.count() == 1


def test_nobody_signs_up_by_themselves(client: Client, db: None) -> None:
    client.post(
        "/accounts/signup/", {"username": "eve", "password1": "Zx9!kkfe3", "password2": "Zx9!kkfe3"}
    )
    assert not User.objects.filter(username="eve").exists()


def get(secret: str, path: str) -> int:
    return Client().get(path, HTTP_AUTHORIZATION=f"Token {secret}").status_code


def post(secret: str, path: str, data: dict[str, object]) -> int:
    sent = Client().post(
        path, data, content_type="application/json", HTTP_AUTHORIZATION=f"Token {secret}"
    )
    return sent.status_code


@pytest.mark.parametrize(
    ("scope", "read", "export", "links", "change"),
    [
        ("read", 200, 403, 403, 403),
        ("export", 403, 200, 403, 403),
        ("manage", 403, 403, 200, 201),
    ],
)
def test_a_token_does_what_its_scope_says(
    client: Client,
    study: Study,
    owner: User,
    scope: str,
    read: int,
    export: int,
    links: int,
    change: int,
) -> None:
    client.force_login(owner)
    secret = make_token(client, scope)
    demo = "/api/v1/studies/demo"
    assert get(secret, f"{demo}/") == read
    assert get(secret, f"{demo}/export/") == export
    assert get(secret, f"{demo}/export/study.json") == export
    assert get(secret, f"{demo}/raters/") == links
    assert post(secret, f"{demo}/raters/", {"count": 1}) == change


def test_a_scope_gives_no_right_that_the_account_lacks(
    client: Client, study: Study, outsider: User
) -> None:
    client.force_login(outsider)
    secret = make_token(client)
    assert get(secret, "/api/v1/studies/demo/") == 404


def test_who_is_told_which_scope_is_missing(client: Client, owner: User) -> None:
    client.force_login(owner)
    secret = make_token(client, "export")
    answer = Client().get("/api/v1/studies/", HTTP_AUTHORIZATION=f"Token {secret}")
    assert answer.json() == {
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
        "detail": "This token lacks the scope “read”: create one that has it.",
        "code": "token_scope",
    }


@pytest.mark.parametrize(
    "given",
    [
        {"name": " ", "scopes": ["read"]},
        {"name": "a" * 101, "scopes": ["read"]},
        {"name": "a", "scopes": []},
        {"name": "a", "scopes": ["everything"]},
    ],
)
def test_a_token_has_a_name_and_scopes(
    client: Client, owner: User, given: dict[str, object]
) -> None:
    client.force_login(owner)
    assert client.post("/accounts/token/", given).status_code == 200
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    ("name", "scopes"), [("a\0", ["read"]), ("", ["read"]), ("a", []), ("a", ["x"])]
)
def test_the_service_refuses_them_too(owner: User, name: str, scopes: list[str]) -> None:
    with pytest.raises(TokenError):
        tokens.make_token(owner, name=name, scopes=scopes)


def test_use_is_kept_and_written_at_most_once_a_minute(
    client: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(owner)
    secret = make_token(client)
    assert "never" in client.get("/accounts/token/").content.decode()
    first = timezone.now()
    for later in (0, 30, 61, 62):
        monkeypatch.setattr(timezone, "now", lambda: first + timedelta(seconds=later))  # noqa: B023
        assert get(secret, "/api/v1/studies/") == 200
    assert ApiToken.objects.get().last_used_at == first + timedelta(seconds=61)


def test_what_happens_to_a_token_is_in_the_audit_trail(client: Client, owner: User) -> None:
    client.force_login(owner)
    secret = make_token(client, "read")
    for _time in range(2):
        get(secret, "/api/v1/studies/")
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(hours=2))
    get(secret, "/api/v1/studies/")
    client.post(f"/accounts/token/{ApiToken.objects.get().token_key}/revoke/")
    entries = AuditEntry.objects.order_by("pk").values_list("action", "actor", "detail")
    assert list(entries) == [
        ("token.created", owner.pk, {"name": "notebook", "scopes": ["read"], "studies": []}),
        ("token.used", owner.pk, {"name": "notebook"}),
        ("token.used", owner.pk, {"name": "notebook"}),
        ("token.revoked", owner.pk, {"name": "notebook"}),
    ]
    assert secret not in str(list(entries))


def test_a_token_opens_no_study_but_those_chosen(
    client: Client, study: Study, owner: User, outsider: User
) -> None:
    for slug in ("other", "third"):
        make_study(owner, slug)
    client.force_login(owner)
    given = {"name": "a", "scopes": ["read", "manage"], "studies": ["demo", "third"], "days": 7}
    page = client.post("/accounts/token/", given).content.decode()
    secret = page.partition('id="secret">')[2].partition("<")[0]
    listed = Client().get("/api/v1/studies/", HTTP_AUTHORIZATION=f"Token {secret}").json()
    assert sorted(item["slug"] for item in listed["results"]) == ["demo", "third"]
    api = "/api/v1/studies"
    paths = (f"{api}/demo/", f"{api}/third/raters/", f"{api}/other/", f"{api}/none/")
    assert [get(secret, path) for path in paths] == [200, 200, 403, 403]
    assert post(secret, f"{api}/", {"title": "Cats"}) == 403
    assert post(secret, f"{api}/other/raters/", {"count": 1}) == 403
    answer = Client().get(f"{api}/other/", HTTP_AUTHORIZATION=f"Token {secret}")
    assert answer.json() == {
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
        "detail": "This token is for these studies only: demo, third.",
        "code": "token_studies",
    }


def test_a_token_is_for_studies_of_ones_own(study: Study, outsider: User) -> None:
    with pytest.raises(TokenError, match="may see"):
        tokens.make_token(outsider, name="a", scopes=["read"], studies=["demo"])


@pytest.mark.parametrize(("days", "lives"), [(7, 7), (None, 365), (9999, 365)])
def test_a_token_ends_when_it_was_said(owner: User, days: int | None, lives: int) -> None:
    token, _secret = tokens.make_token(owner, name="a", scopes=["read"], days=days)
    assert token.expiry is not None
    assert token.expiry - token.created < timedelta(days=lives, minutes=1)
    assert token.expiry - token.created > timedelta(days=lives, minutes=-1)


def test_what_expired_is_deleted(client: Client, owner: User) -> None:
    client.force_login(owner)
    kept, _secret = tokens.make_token(owner, name="kept", scopes=["read"])
    tokens.make_token(owner, name="old", scopes=["read"])
    past = timezone.now() - timedelta(seconds=1)
    ApiToken.objects.filter(name="old").update(expiry=past)
    assert forget_expired() == 1
    assert ApiToken.objects.get() == kept
    assert Session.objects.count() == 1
    Session.objects.update(expire_date=past)
    forget_expired()
    assert not Session.objects.exists()
    for entry, task in (("forget-expired", forget_expired), ("forget-names", forget_names)):
        assert settings.CELERY_BEAT_SCHEDULE[entry]["task"] == task.name
