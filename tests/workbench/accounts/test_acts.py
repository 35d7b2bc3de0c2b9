"""Sign-ins are in the audit trail, refused ones by the account alone."""

from django.core.cache import cache
from django.test import Client

from annotation.models import AuditEntry
from workbench.accounts.models import User


def sign_in(client: Client, login: str, password: str) -> None:
    cache.clear()
    client.post("/accounts/login/", {"login": login, "password": password})


def acts() -> list[tuple[str, str | None, dict[str, str]]]:
    entries = AuditEntry.objects.order_by("pk").values_list("action", "actor__username", "detail")
    return list(entries)


def test_coming_and_going_is_kept(client: Client, owner: User) -> None:
    sign_in(client, "owner", "correct horse")
    client.post("/accounts/logout/")
    assert acts() == [("account.signed_in", "owner", {}), ("account.signed_out", "owner", {})]


def test_a_refused_sign_in_names_the_account(client: Client, owner: User) -> None:
    sign_in(client, "owner", "wrong")
    assert acts() == [("account.refused", None, {"account": "owner"})]


def test_what_is_no_account_may_be_a_password_and_is_not_kept(client: Client, owner: User) -> None:
    sign_in(client, "correct horse", "owner")
    sign_in(client, "nul\0", "owner")
    assert acts() == []


def test_a_new_password_is_kept(client: Client, owner: User) -> None:
    client.force_login(owner)
    given = {"oldpassword": "correct horse", "password1": "Zx9!kkfe3q", "password2": "Zx9!kkfe3q"}
    client.post("/accounts/password/change/", given)
    assert ("account.new_password", "owner", {}) in acts()
