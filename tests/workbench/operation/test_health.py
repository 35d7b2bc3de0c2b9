"""What a load balancer, or `make demo`, asks before it sends people here."""

import socket
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import wait as real_wait
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from workbench.operation import health

pytestmark = pytest.mark.django_db


def test_ready_means_that_everything_answers(client: Client) -> None:
    response = client.get("/health/ready")
    assert response.json() == {"ready": True}
    assert response.status_code == 200


def test_live_asks_nobody(client: Client) -> None:
    assert client.get("/health/live").content == b"ok"


def test_without_redis_raters_can_rate_and_it_is_named(client: Client, settings: Settings) -> None:
    # Port 1 is reserved and nobody listens there.
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/health/ready")
    assert response.status_code == 200
    assert response.json() == {"ready": True, "redis": "ConnectionError"}


def database_at(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {**connection.get_connection_params(), "host": "127.0.0.1", "port": port}
    stand_in = SimpleNamespace(get_connection_params=lambda: given)
    monkeypatch.setattr(health, "connection", stand_in)


def test_a_database_that_is_away_is_named(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    database_at(1, monkeypatch)
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.json() == {"ready": False, "postgresql": "OperationalError"}


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Takes connections and never says a word, as a frozen server does."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_nobody_waits_for_servers_that_are_silent(
    client: Client, silent_port: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    def wait(asked: Iterator[Future[str]], timeout: float) -> None:
        waited.append(timeout)
        real_wait(list(asked), timeout=timeout)

    monkeypatch.setattr("workbench.operation.health.wait", wait)
    monkeypatch.setattr(health, "_SECONDS", 0.2)
    database_at(silent_port, monkeypatch)
    settings.REDIS_URL = f"redis://127.0.0.1:{silent_port}/0"
    response = client.get("/health/ready")
    assert waited == [0.2]
    assert response.status_code == 503
    told = response.json()
    assert told["postgresql"] == "no answer"
    assert told["redis"] in ("no answer", "TimeoutError")


def test_tables_of_other_code_are_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = health._known_migrations() | {("annotation", "0999_of_the_future")}
    monkeypatch.setattr(health, "_known_migrations", lambda: known)
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["postgresql"] == "1 migrations have not been run"


def test_a_disk_that_is_nearly_full_is_named(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(total=2**40, used=2**40, free=7 * 2**20)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage)
    assert client.get("/health/ready").json() == {"ready": True, "disk": "only 7 MiB are free"}


def test_a_folder_of_images_that_cannot_be_used_is_named(
    client: Client, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setattr("os.access", lambda folder, mode: folder != tmp_path)
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["storage"] == "the folder of default cannot be read and written"


def test_the_databases_disk_is_written_to() -> None:
    """By what is asked: PostgreSQL counts the temporary files of each database."""
    health._postgresql()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {health._WRITES}")
        sorting = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("SET LOCAL work_mem = '64kB'")
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {health._WRITES}")
        spilling = "\n".join(line for (line,) in cursor.fetchall())
    assert "Buffers: temp" not in sorting
    assert "Buffers: temp" in spilling
