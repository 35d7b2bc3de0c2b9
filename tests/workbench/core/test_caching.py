"""The cache without Redis: refused or frozen, nobody waits and limits hold."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from tests.workbench.local.conftest import folder  # noqa: F401 -- a fixture
from workbench.accounts.models import User
from workbench.core import caching
from workbench.local.redis import LocalRedis


@pytest.fixture
def server(folder: Path, settings: Settings) -> Iterator[LocalRedis]:  # noqa: F811
    """A Redis of the test's own, which is now the cache."""
    with LocalRedis(folder / "redis", durable=False) as server:
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": server.url}}
        # A tenth of a second: what is measured is how long Redis is waited for.
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        yield server
        if server.process is not None:
            server.process.send_signal(signal.SIGCONT)
    caching._away_until.clear()


def go_away(server: LocalRedis, how: str) -> None:
    assert server.process is not None
    if how == "frozen":
        server.process.send_signal(signal.SIGSTOP)
    else:
        server.process.kill()
        server.process.wait()


@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_sign_in_works_without_redis_in_less_than_two_seconds(
    how: str, server: LocalRedis, owner: User, client: Client
) -> None:
    owner.set_password("correct horse")
    owner.save()
    client.get("/accounts/login/")
    go_away(server, how)
    begun = time.monotonic()
    answer = client.post("/accounts/login/", {"login": "owner", "password": "correct horse"})
    assert answer.status_code == 302
    assert client.get("/studies/").status_code == 200
    assert time.monotonic() - begun < 2


def test_wrong_passwords_are_still_counted(server: LocalRedis, owner: User) -> None:
    go_away(server, "killed")
    for number in range(10):
        wrong = {"login": f"stranger{number}", "password": "wrong"}
        assert Client().post("/accounts/login/", wrong).status_code == 200
    right = {"login": "owner", "password": "correct horse"}
    assert Client().post("/accounts/login/", right).status_code != 302


def test_every_act_falls_back_and_returns_to_redis(server: LocalRedis) -> None:
    cache.set("before", 1)
    go_away(server, "frozen")
    assert cache.get("before") is None
    assert cache.add("count", 1, 60)
    assert not cache.add("count", 1, 60)
    assert cache.incr("count") == 2
    cache.set_many({"a": 1, "b": 2})
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": 2}
    assert cache.touch("a", 60)
    assert cache.has_key("a")
    assert cache.delete("a")
    assert not cache.delete("a")
    with pytest.raises(ValueError, match="not found"):
        cache.incr("nothing")
    cache.clear()
    assert cache.get("b") is None
    assert server.process is not None
    server.process.send_signal(signal.SIGCONT)
    caching._away_until.clear()
    assert cache.get("before") == 1
    assert cache.get("count") is None


def test_redis_that_came_back_is_asked_at_once_by_a_kept_connection(server: LocalRedis) -> None:
    cache.set("kept", 1)
    client = cache._redis._cache.get_client()  # type: ignore[attr-defined]
    client.client_kill_filter(skipme=False)
    assert cache.get("kept") == 1
    assert caching._away_until == {}
