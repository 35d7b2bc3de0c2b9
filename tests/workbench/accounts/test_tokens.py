"""API tokens: shown once, usable at once, worthless when revoked."""

import re

from django.test import Client
from knox.models import AuthToken

from workbench.accounts.models import User


def make_token(client: Client) -> str:
    page = client.post("/accounts/token/").content.decode()
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
    assert secret not in str(AuthToken.objects.values().get())


def test_a_revoked_token_opens_nothing(client: Client, owner: User) -> None:
    client.force_login(owner)
    secret = make_token(client)
    key = AuthToken.objects.get().token_key
    client.post(f"/accounts/token/{key}/revoke/")
    answer = Client().get("/api/v1/studies/", HTTP_AUTHORIZATION=f"Token {secret}")
    assert answer.status_code == 401


def test_a_token_is_its_owners_to_revoke(client: Client, owner: User, outsider: User) -> None:
    client.force_login(owner)
    make_token(client)
    client.force_login(outsider)
    key = AuthToken.objects.get().token_key
    assert client.post(f"/accounts/token/{key}/revoke/").status_code == 404
    assert AuthToken.objects.count() == 1


def test_nobody_signs_up_by_themselves(client: Client, db: None) -> None:
    client.post(
        "/accounts/signup/", {"username": "eve", "password1": "Zx9!kkfe3", "password2": "Zx9!kkfe3"}
    )
    assert not User.objects.filter(username="eve").exists()
