"""`python -m workbench.local`, as a user sees it: its words, its exit status, what it leaves."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.workbench.local.conftest import as_root, family_of, wait_until_gone
from workbench.local.account import Account, service_account
from workbench.local.process import free_port
from workbench.local.services import Services

ROOT = Path(__file__).parents[3]
PACKAGES = {"PYTHONPATH": next(path for path in sys.path if path.endswith("site-packages"))}
PRINT_VARIABLES = "import os; print(os.environ['DATABASE_URL'], os.environ['MINT_DATA_DIR'])"


def environment(data: Path, **more: str) -> dict[str, str]:
    """Without the servers of this test run."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**keep, "MINT_DATA_DIR": str(data), "PYTHONUNBUFFERED": "1", **more}


def local(*arguments: str, env: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "workbench.local", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("script", "status"),
    [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 128 + 9)],
)
def test_run_passes_the_exit_status_on(folder: Path, script: str, status: int) -> None:
    ran = local("run", "--throw-away", "--", "sh", "-c", script, env=environment(folder))
    assert (ran.returncode, ran.stderr) == (status, "")


def test_run_throw_away_leaves_nothing(folder: Path) -> None:
    ran = local(
        "run", "--throw-away", "--", sys.executable, "-c", PRINT_VARIABLES, env=environment(folder)
    )
    url, data = ran.stdout.split()
    assert url.startswith("postgres://mint:")
    assert not Path(data).exists()
    assert list(folder.iterdir()) == []


def test_run_of_an_unknown_command_says_so(folder: Path) -> None:
    ran = local("run", "--throw-away", "--", "no-such-command", env=environment(folder))
    assert (ran.returncode, ran.stderr) == (
        127,
        "cannot run no-such-command: No such file or directory\n",
    )


def test_run_works_on_the_servers_of_a_demo_that_runs(folder: Path) -> None:
    with Services(folder / "services") as running:
        ran = local("run", "--", sys.executable, "-c", PRINT_VARIABLES, env=environment(folder))
        assert ran.stdout.split() == [running.database_url, str(folder)]
        assert all(server.process and server.process.poll() is None for server in running.servers)


def test_run_passes_a_signal_on_and_stops_its_servers(folder: Path) -> None:
    command = [sys.executable, "-m", "workbench.local", "run", "--throw-away", "--"]
    waits = "trap 'echo told; exit 3' TERM; echo started; while :; do sleep 0.1; done"
    with subprocess.Popen(
        [*command, "sh", "-c", waits],
        cwd=ROOT,
        env=environment(folder),
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "started\n"
        family = family_of(running.pid)
        running.send_signal(signal.SIGTERM)
        assert running.stdout.read() == "told\n"
    assert running.returncode == 3
    assert wait_until_gone(family) == []


def test_demo_refuses_a_taken_port_before_anything_starts(folder: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        ran = local("demo", "--port", str(port), env=environment(folder))
    assert ran.returncode == 1
    assert f"error: port {port} is not free" in ran.stderr
    assert list(folder.iterdir()) == []


def test_demo_that_is_interrupted_while_it_starts_leaves_no_process(folder: Path) -> None:
    command = [sys.executable, "-m", "workbench.local", "demo", "--port", str(free_port())]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(folder), stdout=subprocess.PIPE, text=True
    ) as demo:
        assert demo.stdout is not None
        while "bringing the database up to date" not in demo.stdout.readline():
            assert demo.poll() is None
        family = family_of(demo.pid)
        demo.send_signal(signal.SIGINT)
        said = demo.stdout.read()
    assert demo.returncode == 0
    assert said.endswith("Everything has stopped; the data is kept.\n")
    assert len(family) > 3
    assert wait_until_gone(family) == []


def test_demo_names_a_server_that_it_was_given_and_that_refuses(folder: Path) -> None:
    env = environment(folder, DATABASE_URL="mysql://somewhere/mint", REDIS_URL="redis://somewhere")
    ran = local("demo", "--port", str(free_port()), env=env)
    assert ran.returncode == 1
    assert "PostgreSQL at somewhere:(usual port)/mint cannot be used" in ran.stderr
    assert "unset DATABASE_URL for a private one" in ran.stderr


def test_wait_needs_addresses(folder: Path) -> None:
    ran = local("wait", env=environment(folder))
    assert ran.returncode == 1
    assert "error: DATABASE_URL and REDIS_URL not set" in ran.stderr


def test_wait_ends_when_both_answer(folder: Path) -> None:
    with Services(folder / "services", durable=False) as running:
        env = environment(folder, **running.urls.environment())
        assert local("wait", env=env).returncode == 0


def test_remove_deletes_all_data(folder: Path) -> None:
    data = folder / "var"
    with Services(data / "services"):
        refused = local("remove", env=environment(data))
    assert refused.returncode == 1
    assert "already runs on" in refused.stderr
    assert (data / "services" / "postgres" / "home").exists()
    assert local("remove", env=environment(data)).returncode == 0
    assert list(folder.iterdir()) == []


@pytest.fixture
def ordinary() -> Account:
    """An account that may run this code; skips if there is none."""
    account = service_account()
    if account is None or not account.can_enter(ROOT) or not python_for(account):
        pytest.skip(f"an ordinary user may not enter {ROOT} or its environment")
    return account


def python_for(account: Account) -> str:
    """The environment's own interpreter may be in a private home; the system's may do."""
    candidates = (Path(sys.executable), Path("/usr/bin/python{}.{}".format(*sys.version_info)))
    can_run = (python for python in candidates if account.can_run(python))
    return next((str(python) for python in can_run if finds_its_packages(python)), "")


def finds_its_packages(python: Path) -> bool:
    command = [str(python), "-c", "import psycopg, redis, psutil"]
    return subprocess.run(command, env=PACKAGES, check=False, capture_output=True).returncode == 0


def as_ordinary(
    account: Account, *arguments: str, data: Path
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [python_for(account), "-m", "workbench.local", *arguments],
        cwd=ROOT,
        env=environment(data, **PACKAGES),
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@as_root
def test_an_ordinary_user_needs_no_root(folder: Path, ordinary: Account) -> None:
    data = folder / "own"
    data.mkdir()
    os.chown(data, ordinary.uid, ordinary.gid)
    ran = as_ordinary(ordinary, "run", "--", "id", "-u", data=data)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"{ordinary.uid}\n", "")
    assert (data / "services/postgres/home/data").stat().st_uid == ordinary.uid


@as_root
def test_a_folder_that_an_ordinary_user_may_not_write_to_is_named(
    folder: Path, ordinary: Account
) -> None:
    ran = as_ordinary(ordinary, "run", "--", "true", data=folder / "none")
    assert ran.returncode == 1
    assert re.search(r"error: cannot (use|write to) /.*set MINT_DATA_DIR", ran.stderr)


@as_root
def test_data_that_root_started_is_named_to_an_ordinary_user(
    folder: Path, ordinary: Account
) -> None:
    data = folder / "var"
    with Services(data / "services"):
        pass
    ran = as_ordinary(ordinary, "run", "--", "true", data=data)
    assert ran.returncode == 1
    assert "which belongs to root; start it from that account" in ran.stderr
