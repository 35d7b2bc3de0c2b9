"""The whole workbench as processes: it answers, survives a worker, stops without a trace."""

import signal
import subprocess
import sys
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import psycopg
import pytest
import redis

from tests.workbench.local.conftest import family_of, wait_until_gone
from tests.workbench.local.test_commands import ROOT, environment
from workbench.local.process import free_port, wait_until
from workbench.local.services import Services
from workbench.local.stack import Stack, secret_key

pytestmark = [pytest.mark.slow, pytest.mark.worker]

_RUN_STACK = """
import sys
from pathlib import Path
from workbench.local.stack import Stack
from workbench.local.interrupt import interrupted_by_signals
say = lambda line: print(line, flush=True)
stack = Stack(Path(sys.argv[1]), port=int(sys.argv[2]), durable=False, say=say,
              extra={"DEBUG": "1"})
try:
    with interrupted_by_signals(), stack:
        say("running")
        stack.supervisor.forever()
except KeyboardInterrupt:
    say("ended")
"""


def child_of(stack: int, word: str) -> psutil.Process:
    """The program or server of the stack that is started with this word."""
    return next(
        child
        for child in psutil.Process(stack).children()
        if any(word in part for part in child.cmdline()[:6])
    )


def answers_again(port: int) -> bool:
    """Whether the site becomes ready within 20 s."""

    def ready() -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError, HTTPException):
            return False

    return wait_until(ready, seconds=20, step=0.2)


def second_terminal(env_file: Path) -> str:
    """What manage.py sees in another terminal after `. var/env`."""
    assert env_file.stat().st_mode & 0o777 == 0o600
    script = f". {env_file}; {sys.executable} manage.py migrate --check && echo $MINT_BASE_URL"
    ran = subprocess.run(
        ["/bin/sh", "-c", script], cwd=ROOT, env={"PATH": "/usr/bin:/bin"}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    return ran.stdout.strip()


def test_the_stack_answers_survives_its_worker_and_stops(folder: Path) -> None:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-c", _RUN_STACK, str(folder / "data"), str(port)],
        cwd=ROOT,
        env=environment(folder / "data"),
        stdout=subprocess.PIPE,
        text=True,
    ) as stack:
        assert stack.stdout is not None
        lines = iter(stack.stdout.readline, "")
        assert "running\n" in lines
        with urlopen(f"http://127.0.0.1:{port}/health/ready") as answer:
            assert answer.read() == b'{"ready": true}'
        assert second_terminal(folder / "data" / "env") == f"http://127.0.0.1:{port}"
        family = family_of(stack.pid)
        child_of(stack.pid, "worker").kill()
        assert next(lines) == "worker ended (killed by SIGKILL); starting it again\n"
        for name, word in (("Redis", "redis-server"), ("PostgreSQL", "postgres")):
            child_of(stack.pid, word).kill()
            assert next(lines) == f"{name} ended (killed by SIGKILL); starting it again\n"
            assert next(lines) == f"{name} answers again\n"
            assert answers_again(port)
        child_of(stack.pid, "gunicorn").kill()
        assert next(lines) == "web ended (killed by SIGKILL); starting it again\n"
        assert answers_again(port)
        family += family_of(stack.pid)
        stack.send_signal(signal.SIGINT)
        assert [line.split()[0] for line in lines] == [
            *("web", "worker", "beat", "PostgreSQL", "Redis", "ended"),
        ]
    assert stack.returncode == 0
    assert wait_until_gone(family) == []


def test_servers_that_are_given_are_used_and_left_running(folder: Path) -> None:
    given = Services(folder / "elsewhere", durable=False)
    given.start()
    try:
        urls = {"DATABASE_URL": given.database_url, "REDIS_URL": given.redis_url}
        stack = Stack(folder / "data", durable=False, given=urls, extra={"DEBUG": "1"})
        with stack, urlopen(f"{stack.base_url}/health/ready") as answer:
            assert answer.read() == b'{"ready": true}'
            assert stack.services.servers == []
        assert not (folder / "data" / "services").exists()
        with psycopg.connect(given.database_url) as connection:
            tables = connection.execute("SELECT count(*) FROM django_migrations").fetchone()
        assert tables is not None
        assert tables[0] > 0
        with redis.Redis.from_url(given.redis_url) as client:
            assert client.ping()
    finally:
        given.stop()


def test_the_sites_key_is_made_once_and_kept_to_its_owner(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    first = secret_key(folder)
    assert len(first) >= 50
    assert secret_key(folder) == first
    assert (folder / "secrets" / "secret_key").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("SECRET_KEY", "given")
    assert secret_key(folder) == "given"
