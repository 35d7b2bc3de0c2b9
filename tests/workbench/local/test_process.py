"""Child processes: their signals, their families, their ports."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.workbench.local.conftest import family_of, wait_until_gone
from workbench.local.errors import PortTakenError
from workbench.local.process import (
    free_port,
    last_lines,
    require_free_port,
    spawn,
    stop_group,
    stop_stranger,
)

ROOT = Path(__file__).parents[3]


def shell(script: str, log: Path) -> "subprocess.Popen[bytes]":
    return spawn(["/bin/sh", "-c", script], log=log, end_signal=signal.SIGTERM)


def wait_for_words(log: Path, words: str) -> None:
    while words not in last_lines(log):
        time.sleep(0.01)


def test_a_child_has_a_process_group_of_its_own(tmp_path: Path) -> None:
    child = shell("sleep 60", tmp_path / "log")
    try:
        assert os.getpgid(child.pid) == child.pid != os.getpgrp()
    finally:
        stop_group(child, polite=[signal.SIGTERM], seconds=5)


def test_a_stop_also_ends_what_the_child_started(tmp_path: Path) -> None:
    log = tmp_path / "log"
    # A child of its own session, as a training run is.
    child = shell("setsid sleep 60 & sleep 60 & echo started; wait", log)
    wait_for_words(log, "started")
    family = family_of(child.pid)
    assert len(family) == 3
    stop_group(child, polite=[signal.SIGTERM], seconds=5)
    assert wait_until_gone(family) == []


def test_a_child_that_ignores_the_polite_signal_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = shell("trap '' TERM; echo deaf; while :; do sleep 1; done", log)
    wait_for_words(log, "deaf")
    assert not stop_group(child, polite=[signal.SIGTERM], seconds=0.2)
    assert child.returncode == -signal.SIGKILL


def test_a_child_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import signal, time; from pathlib import Path; from workbench.local.process import spawn;"
        f"c = spawn(['/bin/sleep', '60'], log=Path({str(tmp_path / 'log')!r}),"
        " end_signal=signal.SIGTERM); print(c.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    assert wait_until_gone([child]) == []


def test_a_stranger_is_ended_by_number(tmp_path: Path) -> None:
    child = shell("exec sleep 60", tmp_path / "log")
    stop_stranger(child.pid, signal.SIGTERM, 5)
    assert child.poll() is not None


def test_a_stranger_that_is_gone_is_no_error() -> None:
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()
    begun = time.monotonic()
    stop_stranger(gone.pid, signal.SIGTERM, patience := 30)
    assert time.monotonic() - begun < patience  # nobody is waited for


def test_a_taken_port_is_named_with_its_holder_and_another_one() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(PortTakenError) as caught:
            require_free_port(port)
    assert f"port {port} is not free" in caught.value.message
    assert f"process {os.getpid()}" in caught.value.message
    assert f"make demo PORT={port + 1}" in caught.value.message


def test_a_free_port_stays_free_after_it_was_looked_at() -> None:
    port = free_port()
    require_free_port(port)
    with socket.socket() as server:
        server.bind(("127.0.0.1", port))
        assert server.getsockname()[1] == port


def test_the_last_lines_leave_out_what_an_earlier_run_wrote(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("earlier\n")
    begun = log.stat().st_size
    with log.open("a") as stream:
        stream.write("one\ntwo\nthree\n")
    assert last_lines(log, since=begun, count=2) == "two\nthree"
    assert last_lines(log, since=begun) == "one\ntwo\nthree"
    assert last_lines(tmp_path / "none") == ""
