"""Child processes that end with their parent, and stop when told."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

import psutil

from .account import Account
from .errors import PortTakenError
from .interrupt import raise_if_asked

_PR_SET_PDEATHSIG = 1
#: Looked up before any fork: a child between fork and exec must not load libraries.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def end_with_parent(end_signal: signal.Signals) -> Callable[[], None]:
    """Ask the kernel to signal the child when this process dies, however it dies (Linux)."""
    parent = os.getpid()

    def before_exec() -> None:
        if _prctl is not None:
            _prctl(_PR_SET_PDEATHSIG, int(end_signal))
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return before_exec


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path | None,
    end_signal: signal.Signals,
    env: Mapping[str, str] | None = None,
    account: Account | None = None,
    stdin: int | None = subprocess.DEVNULL,
    cwd: Path = Path("/"),
) -> "subprocess.Popen[bytes]":
    """Start a child in a process group of its own, so that a terminal's Ctrl-C passes it by.

    It writes to `log`, or to our own output if that is None. Call it from the main thread: the
    kernel takes a thread's end for the parent's.
    """
    with _opened(log) if log else contextlib.nullcontext() as output:
        return subprocess.Popen(
            list(command),
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            process_group=0,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            # The only way to ask after the change of account; it calls one function of libc.
            preexec_fn=end_with_parent(end_signal),  # noqa: PLW1509
        )


def _opened(log: Path) -> IO[bytes]:
    """For appending; others on this machine may not read it, also if an older one was open."""
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    os.fchmod(descriptor, 0o640)
    return os.fdopen(descriptor, "ab")


def stop_group(
    process: "subprocess.Popen[bytes]", *, polite: Sequence[signal.Signals], seconds: float
) -> bool:
    """Signal the child, more firmly after `seconds` each time; at last kill its whole group.

    Returns whether it ended at one of the polite signals.
    """
    family = _descendants(process.pid)
    ended = False
    for one in polite:
        if process.poll() is None:
            process.send_signal(one)
        try:
            process.wait(seconds)
            ended = True
            break
        except subprocess.TimeoutExpired:
            continue
    # Even if the leader is gone: what it left behind is in its group, or was its child.
    # macOS says PermissionError for a group of which only zombies are left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for left in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            left.kill()  # psutil compares start times: never a stranger with the same number
    return ended


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def stop_stranger(pid: int, end_signal: signal.Signals, seconds: float) -> None:
    """End a process that is not our child, politely at first, and wait until it is gone."""
    try:
        stranger = psutil.Process(pid)
        stranger.send_signal(end_signal)
        stranger.wait(seconds)
    except psutil.TimeoutExpired:
        stranger.kill()
        stranger.wait(seconds)
    except psutil.NoSuchProcess:
        return


def last_lines(log: Path, *, since: int = 0, count: int = 15) -> str:
    """The end of a log, from byte `since` on."""
    if not log.exists():
        return ""
    with log.open("rb") as stream:
        stream.seek(max(since, log.stat().st_size - 64 * 1024))
        text = stream.read().decode(errors="replace")
    return "\n".join(text.strip().splitlines()[-count:])


def free_port() -> int:
    """A TCP port on the loopback interface that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require_free_port(port: int) -> None:
    """Raise PortTakenError, with the holder if known, unless the port is free.

    It is given a second: a run that was just killed takes a moment to release its port.
    """
    if not wait_until(lambda: _why_taken(port) is None, seconds=1.0):
        raise PortTakenError(
            f"port {port} is not free ({_why_taken(port)}{_holder(port)}); "
            f"choose another one, e.g. `make demo PORT={port + 1}`"
        )


def _why_taken(port: int) -> str | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.strerror
    return None


def _holder(port: int) -> str:
    try:
        for held in psutil.net_connections("tcp4"):
            if held.status == psutil.CONN_LISTEN and held.laddr[1:] == (port,) and held.pid:
                return f": {psutil.Process(held.pid).name()}, process {held.pid}"
    except psutil.Error:
        pass  # the holder belongs to somebody else; the message omits it
    return ""


def wait_until(ready: Callable[[], bool], *, seconds: float, step: float = 0.02) -> bool:
    """Ask until the answer is yes; whether it was within `seconds`."""
    deadline = time.monotonic() + seconds
    while not ready():
        raise_if_asked()
        if time.monotonic() > deadline:
            return False
        time.sleep(step)
    return True
