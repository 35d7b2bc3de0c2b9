"""Several programs: started, watched, restarted up to a limit, stopped together."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from tests.workbench.local.conftest import family_of, wait_until_gone
from workbench.local.postgres import LocalPostgres
from workbench.local.redis import LocalRedis
from workbench.local.server import LocalServer
from workbench.local.supervisor import Program, ProgramEndedError, Supervisor

ROOT = Path(__file__).parents[3]


def shell(name: str, script: str, restarts: int = 0) -> Program:
    return Program(name, ["/bin/sh", "-c", script], {}, Path("/"), restarts, stop_seconds=5.0)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path / "log", said.append)
    yield made
    made.stop()


def pids(supervisor: Supervisor) -> list[int]:
    return [running.process.pid for running in supervisor._running]


def test_it_stops_everything_and_says_so(supervisor: Supervisor, said: list[str]) -> None:
    supervisor.start(shell("web", "sleep 60"))
    supervisor.start(shell("worker", "sleep 60 & wait"))
    family = [one for pid in pids(supervisor) for one in family_of(pid)]
    supervisor.stop()
    assert wait_until_gone(family) == []
    assert said == ["web stopped", "worker stopped"]


def test_a_program_that_must_run_ends_everything_with_its_last_words(
    supervisor: Supervisor,
) -> None:
    supervisor.start(shell("web", "echo cannot bind; exit 3"))
    with pytest.raises(ProgramEndedError, match=r"web ended \(exit status 3\)(.|\n)*cannot bind"):
        supervisor.forever()


def test_a_killed_worker_is_started_again(supervisor: Supervisor, said: list[str]) -> None:
    supervisor.start(shell("worker", "sleep 60", restarts=1))
    (first,) = pids(supervisor)
    psutil.Process(first).kill()
    assert supervisor.wait(lambda: pids(supervisor) != [first], seconds=5)
    assert said == ["worker ended (killed by SIGKILL); starting it again"]


def test_a_worker_that_keeps_ending_is_given_up(supervisor: Supervisor, said: list[str]) -> None:
    supervisor.start(shell("worker", "echo broken; exit 1", restarts=2))
    given_up = r"worker, 2 times .* within a minute, is given up \(exit status 1\)(.|\n)*broken"
    with pytest.raises(ProgramEndedError, match=given_up):
        supervisor.forever()
    assert said == ["worker ended (exit status 1); starting it again"] * 2


@pytest.fixture(params=[LocalPostgres, LocalRedis])
def server(request: pytest.FixtureRequest, folder: Path) -> Iterator[LocalServer]:
    made: LocalServer = request.param(folder / "server", durable=True)
    with made:
        yield made


def kill(server: LocalServer) -> None:
    """As the system does when memory runs out, and watch it end."""
    assert server.process is not None
    server.process.kill()
    server.process.wait()


def test_a_killed_server_is_started_again_at_its_address_with_its_data(
    server: LocalServer, supervisor: Supervisor, said: list[str]
) -> None:
    supervisor.watch_server(server)
    address = server.url
    write(address)
    kill(server)
    supervisor.check()
    assert said == [
        f"{server.name} ended (killed by SIGKILL); starting it again",
        f"{server.name} answers again",
    ]
    assert server.url == address
    assert read(address) == "kept"


def write(address: str) -> None:
    if address.startswith("postgres"):
        with psycopg.connect(address) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 'kept' AS word")
    else:
        with redis.Redis.from_url(address) as client:
            client.set("word", "kept")
        time.sleep(1.5)  # it writes once a second


def read(address: str) -> str:
    if address.startswith("postgres"):
        with psycopg.connect(address) as connection:
            row = connection.execute("SELECT word FROM kept").fetchone()
        return str(row and row[0])
    with redis.Redis.from_url(address, decode_responses=True) as client:
        return str(client.get("word"))


def test_a_server_that_keeps_ending_is_given_up(
    folder: Path, supervisor: Supervisor, said: list[str]
) -> None:
    with LocalRedis(folder / "redis", durable=False) as server:
        supervisor.watch_server(server)
        for _time in range(3):
            kill(server)
            supervisor.check()
        kill(server)
        with pytest.raises(ProgramEndedError, match=r"Redis, 3 times .* given up \(killed by SIG"):
            supervisor.check()
    assert len(said) == 6


def test_a_task_runs_to_its_end(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.run(shell("migrate", "echo done"))
    assert (tmp_path / "log" / "migrate.log").read_text() == "done\n"


def test_a_task_that_fails_is_reported_with_its_last_words(supervisor: Supervisor) -> None:
    with pytest.raises(ProgramEndedError, match=r"migrate ended \(exit status 2\)(.|\n)*no table"):
        supervisor.run(shell("migrate", "echo no table; exit 2"))


def test_a_task_is_broken_off_when_a_program_ends(supervisor: Supervisor) -> None:
    supervisor.start(shell("web", "exit 1"))
    with pytest.raises(ProgramEndedError, match="web ended"):
        supervisor.run(shell("seed", "sleep 60"))


_SUPERVISE = """
import sys
from pathlib import Path
from workbench.local.interrupt import *
from workbench.local.supervisor import *
supervisor = Supervisor(Path(sys.argv[1]), lambda line: print(line, flush=True))
try:
    with interrupted_by_signals():
        for name in ("one", "two"):
            supervisor.start(Program(name, ["/bin/sh", "-c", "sleep 60 & wait"], {}, Path("/")))
        print("started", flush=True)
        supervisor.forever()
except KeyboardInterrupt:
    with undisturbed():
        supervisor.stop()
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_that_asks_to_end_stops_all_children(
    how: signal.Signals, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", _SUPERVISE, str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "started\n"
        family = family_of(parent.pid)
        parent.send_signal(how)
        assert parent.stdout.read().splitlines() == ["one stopped", "two stopped"]
    assert parent.returncode == 0
    assert len(family) >= 3
    assert wait_until_gone(family) == []
