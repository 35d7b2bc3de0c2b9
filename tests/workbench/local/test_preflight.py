"""Waiting for PostgreSQL and Redis that somebody else runs."""

import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.local import server
from workbench.local.preflight import NotReachableError, wait_for
from workbench.local.process import free_port
from workbench.local.redis import LocalRedis
from workbench.local.services import Services, ServiceUrls


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with (
        tempfile.TemporaryDirectory(prefix="mint-looked-at-") as made,
        Services(Path(made), durable=False) as running,
    ):
        yield running


def test_servers_that_answer_need_no_word(services: Services) -> None:
    said: list[str] = []
    wait_for(services.urls, said.append)
    assert said == []


def test_a_postgresql_that_is_not_up_is_named_with_its_fix() -> None:
    port = free_port()
    urls = ServiceUrls(f"postgres://mint:secret@127.0.0.1:{port}/mint", "redis://127.0.0.1:1/0")
    said: list[str] = []
    with pytest.raises(NotReachableError) as caught:
        wait_for(urls, said.append, seconds=0)
    assert f"PostgreSQL at 127.0.0.1:{port}/mint cannot be used" in caught.value.message
    assert "Connection refused" in caught.value.message
    assert "correct DATABASE_URL" in caught.value.message
    assert "secret" not in caught.value.message


def test_a_redis_that_is_not_up_is_named_with_its_fix(services: Services) -> None:
    port = free_port()
    urls = ServiceUrls(services.database_url, f"redis://:secret@127.0.0.1:{port}/0")
    with pytest.raises(NotReachableError) as caught:
        wait_for(urls, lambda line: None, seconds=0)
    assert f"Redis at 127.0.0.1:{port}/0 cannot be used" in caught.value.message
    assert "correct REDIS_URL" in caught.value.message
    assert "secret" not in caught.value.message


def test_a_server_that_comes_up_later_is_waited_for(
    services: Services, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setattr(server, "free_port", lambda: port)
    late = LocalRedis(folder / "late", durable=False)
    late.folder.mkdir()
    (late.folder / "password").write_text("known")
    urls = ServiceUrls(services.database_url, f"redis://:known@127.0.0.1:{port}/0")
    told = threading.Event()
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        told.set()

    waiting = threading.Thread(target=wait_for, args=(urls, say))
    waiting.start()
    assert told.wait(30)
    with late:
        waiting.join(30)
    assert not waiting.is_alive()
    assert len(said) == 1
    assert said[0].startswith(f"waiting up to 60 s for Redis at 127.0.0.1:{port}/0 (")


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (lambda url: url.replace("mint:", "mint:x"), "password authentication failed"),
        (lambda url: url + "other", '"mintother" does not exist'),
        (
            lambda url: url.replace("postgres://", "mysql://"),
            "must look like postgres://",
        ),
        (lambda url: url.replace("postgres:", "postgres"), "must look like postgres://"),
        (lambda url: url.replace("@127.0.0.1:", "@127.0.0.1:x"), "must look like postgres://"),
    ],
    ids=["password", "database", "kind", "colon", "port"],
)
def test_a_postgresql_that_refuses_is_not_waited_for(
    services: Services, broken: Callable[[str], str], reason: str
) -> None:
    said: list[str] = []
    urls = ServiceUrls(broken(services.database_url), services.redis_url)
    password = services.postgres.password
    with pytest.raises(NotReachableError, match=reason) as caught:
        wait_for(urls, said.append)
    assert said == []
    assert password not in caught.value.message


def test_a_redis_that_refuses_is_not_waited_for(services: Services) -> None:
    said: list[str] = []
    urls = ServiceUrls(services.database_url, services.redis_url.replace("://:", "://:x"))
    with pytest.raises(NotReachableError, match="password authentication failed"):
        wait_for(urls, said.append)
    assert said == []
