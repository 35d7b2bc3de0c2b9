"""Keep a few programs running together, and stop them together."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .account import LOGS_MODE, make_folder
from .errors import LocalServerError
from .interrupt import deferred, raise_if_asked
from .process import last_lines, spawn, stop_group
from .server import LocalServer

Say = Callable[[str], None]

_POLL_SECONDS = 0.1
_RESTART_WINDOW_SECONDS = 60.0
_SERVER_RESTARTS = 3


class ProgramEndedError(LocalServerError):
    """A program that must keep running ended by itself."""


@dataclass(frozen=True)
class Program:
    """A program to keep running.

    Args:
        restarts: how often within a minute it is started again when it ends by itself.
        stop_signals: sent in turn, `stop_seconds` apart; then its group is killed.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    restarts: int = 0
    stop_signals: Sequence[signal.Signals] = (signal.SIGTERM,)
    stop_seconds: float = 10.0


@dataclass
class _Restarts:
    """How often something was started again within the last minute, and may be."""

    name: str
    limit: int
    times: list[float] = field(default_factory=list)

    def one_more(self, outcome: str) -> str | None:
        """What to say about starting it again; None if that is given up."""
        now = time.monotonic()
        self.times = [then for then in self.times if now - then < _RESTART_WINDOW_SECONDS]
        if len(self.times) >= self.limit:
            return None
        self.times.append(now)
        return f"{self.name} ended ({outcome}); starting it again"


@dataclass
class _Running:
    program: Program
    process: "subprocess.Popen[bytes]"
    log_start: int
    restarts: _Restarts


@dataclass
class _Watched:
    """A private server; its starter stops it."""

    server: LocalServer
    restarts: _Restarts


class Supervisor:
    """Starts programs, each with its log `<logs>/<name>.log`, and watches them."""

    def __init__(self, logs: Path, say: Say) -> None:
        self.logs = logs
        self._say = say
        self._running: list[_Running] = []
        self._servers: list[_Watched] = []
        make_folder(logs, LOGS_MODE)

    def start(self, program: Program) -> None:
        with deferred():
            restarts = _Restarts(program.name, program.restarts)
            self._running.append(_Running(program, *self._spawn(program), restarts))

    def watch_server(self, server: LocalServer) -> None:
        """Also start a private server again when it ends; its starter stops it."""
        self._servers.append(_Watched(server, _Restarts(server.name, _SERVER_RESTARTS)))

    def check(self) -> None:
        """Restart what ended, if it may be restarted; otherwise raise.

        Raises:
            ProgramEndedError: with the program's last words.
        """
        raise_if_asked()
        # Servers first: the programs need them to start.
        for watched in self._servers:
            process = watched.server.process
            if process is not None and process.poll() is not None:
                self._restart_server(watched, process.returncode)
        for running in self._running:
            if running.process.poll() is not None:
                self._restart(running)

    def wait(self, until: Callable[[], bool], *, seconds: float) -> bool:
        """Watch the programs until the answer is yes; whether it was within `seconds`."""
        deadline = time.monotonic() + seconds
        while not until():
            if time.monotonic() > deadline:
                return False
            self.check()
            time.sleep(_POLL_SECONDS)
        return True

    def run(self, program: Program, *, show: bool = False) -> None:
        """Run a program to its end, watching the others.

        Args:
            show: let it write to the terminal instead of to its log.

        Raises:
            ProgramEndedError: if its exit status is not 0.
        """
        log = None if show else self._log(program)
        log_start = log.stat().st_size if log and log.exists() else 0
        with deferred():
            process = _spawn(program, log)
        try:
            while process.poll() is None:
                self.check()
                time.sleep(_POLL_SECONDS)
        finally:
            _stop(program, process)
        if process.returncode != 0:
            raise _ended(_Restarts(program.name, 0), process.returncode, log, log_start)

    def forever(self) -> None:
        """Watch until something ends that must not."""
        while True:
            self.check()
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """Stop everything that was started: all are told at once, then waited for in turn."""
        for running in self._running:
            if running.process.poll() is None:
                running.process.send_signal(running.program.stop_signals[0])
        for running in self._running:
            _stop(running.program, running.process)
            self._say(f"{running.program.name} stopped")
        self._running.clear()

    def _restart_server(self, watched: _Watched, code: int) -> None:
        server = watched.server
        said = watched.restarts.one_more(_outcome(code))
        if said is None:
            raise _ended(watched.restarts, code, server.log, 0)
        self._say(said)
        server.start_again()
        self._say(f"{server.name} answers again")

    def _restart(self, running: _Running) -> None:
        program, code = running.program, running.process.returncode
        _stop(program, running.process)  # what it left behind in its group
        said = running.restarts.one_more(_outcome(code))
        if said is None:
            raise _ended(running.restarts, code, self._log(program), running.log_start)
        self._say(said)
        with deferred():
            running.process, running.log_start = self._spawn(program)

    def _spawn(self, program: Program) -> tuple["subprocess.Popen[bytes]", int]:
        log = self._log(program)
        log_start = log.stat().st_size if log.exists() else 0
        return _spawn(program, log), log_start

    def _log(self, program: Program) -> Path:
        return self.logs / f"{program.name}.log"


def _spawn(program: Program, log: Path | None) -> "subprocess.Popen[bytes]":
    return spawn(
        program.command,
        log=log,
        end_signal=program.stop_signals[0],
        env=program.env,
        cwd=program.cwd,
    )


def _stop(program: Program, process: "subprocess.Popen[bytes]") -> None:
    stop_group(process, polite=program.stop_signals, seconds=program.stop_seconds)


def _outcome(code: int) -> str:
    return f"exit status {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def _ended(restarts: _Restarts, code: int, log: Path | None, since: int) -> ProgramEndedError:
    name = restarts.name
    if log is None:
        return ProgramEndedError(f"{name} failed ({_outcome(code)}); its output is above")
    given_up = (
        f", {restarts.limit} times started again within a minute, is given up"
        if restarts.limit
        else " ended"
    )
    return ProgramEndedError(
        f"{name}{given_up} ({_outcome(code)}). The end of {log}:\n{last_lines(log, since=since)}"
    )
