"""Wrong passwords count against who sends them, whichever way they come."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory
from pytest_django import Settings
from rest_framework.throttling import SimpleRateThrottle

from workbench.accounts.models import User

ROOT = Path(__file__).parents[3]
#: The library's own limit: so many failures from one address in a minute.
PER_ADDRESS = 10
PROXY = "172.18.0.5"


@pytest.fixture(autouse=True)
def nothing_counted_yet(db: None) -> None:
    cache.clear()


@pytest.fixture
def behind_proxy(settings: Settings) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}


def sign_in(name: str, password: str, forwarded: str = "", address: str = PROXY) -> bool:
    """Whether it succeeded; each name once, since accounts have a limit of their own."""
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    answer = Client().post(
        "/accounts/login/", {"login": name, "password": password}, REMOTE_ADDR=address, **headers
    )
    assert answer.status_code in (200, 302, 429)
    return answer.status_code == 302


def fail(times: int, forwarded: str = "", address: str = PROXY) -> None:
    for number in range(times):
        assert not sign_in(f"stranger{number}", "wrong", forwarded.format(number), address)


def test_failures_of_one_forwarded_address_do_not_lock_out_another(
    behind_proxy: None, owner: User
) -> None:
    fail(PER_ADDRESS, "203.0.113.7")
    assert not sign_in("owner", "correct horse", "203.0.113.7")
    assert sign_in("owner", "correct horse", "198.51.100.9")


def test_an_address_that_the_client_made_up_is_not_counted(behind_proxy: None, owner: User) -> None:
    """The proxy appends the true address to whatever the client sent."""
    fail(PER_ADDRESS, "10.1.1.{}, 203.0.113.7")
    assert not sign_in("owner", "correct horse", "198.51.100.9, 203.0.113.7")
    assert sign_in("owner", "correct horse", "203.0.113.7, 198.51.100.9")


def test_without_a_proxy_the_header_is_not_looked_at(owner: User) -> None:
    fail(PER_ADDRESS, "203.0.113.{}", address="192.0.2.1")
    assert not sign_in("owner", "correct horse", "198.51.100.9", address="192.0.2.1")
    assert sign_in("owner", "correct horse", "203.0.113.1", address="192.0.2.2")


@pytest.mark.parametrize(("proxies", "counted"), [(0, PROXY), (1, "203.0.113.7")])
def test_the_api_counts_the_same_address(
    proxies: int, counted: str, settings: Settings, rf: RequestFactory
) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": proxies}
    request = rf.get("/", REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR="10.1.1.1, 203.0.113.7")
    assert SimpleRateThrottle.get_ident(SimpleRateThrottle, request) == counted


@pytest.mark.parametrize(("given", "wanted"), [("1", "1 1 True"), ("0", "0 0 False")])
def test_one_variable_sets_all_of_it(given: str, wanted: str) -> None:
    script = (
        "from workbench import settings as s; print(s.ALLAUTH_TRUSTED_PROXY_COUNT, "
        "s.REST_FRAMEWORK['NUM_PROXIES'], hasattr(s, 'SECURE_PROXY_SSL_HEADER'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT, env={**os.environ, "BEHIND_PROXY": given}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.strip() == wanted
