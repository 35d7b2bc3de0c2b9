"""What the two private servers share: a folder, a lock, a password, one process.

    folder/password   generated once, 0600
    folder/url        where the running server answers, 0600; removed when it stops
    folder/process    its process id and start time, to know one that outlived its parent
    folder/home/      the data and, if needed, a copy of the programs; owned by its account

The servers listen on 127.0.0.1 only and ask for the password. A Unix socket in a private folder
would need none, but Celery and Django write such a Redis address in two ways, and its path
may not be longer than 107 bytes: with TCP there is one kind of address, the same as in production.
"""

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import IO, ClassVar, Self

import psutil

from .account import LOGS_MODE, home_for, make_folder, remove_home, service_account
from .errors import (
    AlreadyRunningError,
    DiskFullError,
    FolderError,
    LocalServerError,
    explain_failure,
)
from .interrupt import deferred
from .process import free_port, last_lines, spawn, stop_group, stop_stranger, wait_until

_ROOM_NEEDED_MIB = 200
_LOG_LIMIT = 10 * 1024 * 1024
_START_TRIES = 3


class LocalServer(ABC):
    """A server process of our own on a folder of its own.

    Args:
        folder: made if it does not exist; the server keeps everything below it.
        log: where its output goes; `folder/server.log` if not given.
        durable: False for throw-away data: faster, and `remove` is expected to follow.
    """

    name: ClassVar[str]
    #: Sent in turn to stop it; the first lets it finish its writes without waiting for clients.
    stop_signals: ClassVar[Sequence[signal.Signals]]
    start_seconds: ClassVar[float] = 60.0
    stop_seconds: ClassVar[float] = 20.0

    def __init__(self, folder: Path, *, log: Path | None = None, durable: bool = True) -> None:
        self.folder = folder.absolute()
        self.log = (log or folder / "server.log").absolute()
        self.durable = durable
        self.account = service_account()
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes] | None = None
        self._log_start = 0

    @abstractmethod
    def _command(self) -> Sequence[str | Path]:
        """The command line of the server, listening on `self.port`."""

    @abstractmethod
    def _prepare(self) -> None:
        """Make the data folder ready."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether the server takes requests now."""

    @property
    @abstractmethod
    def url(self) -> str:
        """The address with the password."""

    def _stdin(self) -> bytes | None:
        return None

    def start(self) -> str:
        """Start the server and wait until it answers; returns its URL.

        Raises:
            AlreadyRunningError: another process runs a server on this folder.
            FolderError, DiskFullError, DataVersionError, ProgramMissingError, LocalServerError
        """
        if self.process is not None:
            return self.url
        make_folder(self.folder, 0o711)
        self._take_lock()
        try:
            self._stop_orphan()
            self._open_log()
            self.home = home_for(self.folder, self.account, durable=self.durable)
            self._require_room()
            self.password = self._read_password()
            self._prepare()
            self._launch()
        except BaseException:
            self.stop()
            raise
        self._write_private("url", self.url)
        return self.url

    def start_again(self) -> None:
        """After it ended by itself: on the same port, since its address is known all around.

        Raises LocalServerError, and its kinds, if it cannot be started.
        """
        if self.process is None:
            raise LocalServerError(f"{self.name} was not started here")
        stop_group(self.process, polite=self.stop_signals, seconds=self.stop_seconds)
        self._open_log()
        self._prepare()
        self._launch(self.port)

    def stop(self) -> None:
        """Stop the server, if it runs, and release the folder."""
        if self.process is not None:
            stop_group(self.process, polite=self.stop_signals, seconds=self.stop_seconds)
            self.process = None
        if self._lock is not None:
            for name in ("url", "process"):
                (self.folder / name).unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def remove(self) -> None:
        """Stop the server and delete its data; refused while another process uses them."""
        if self._lock is None and self.folder.exists():
            self._take_lock()
        self.stop()
        remove_home(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)

    def running_url(self) -> str | None:
        """The address of a server that another process runs on this folder; None if none does."""
        address = self.folder / "url"
        try:
            with (self.folder / "lock").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return None
        except BlockingIOError:
            wait_until(address.exists, seconds=self.start_seconds)
            return address.read_text() if address.exists() else None
        return None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def _take_lock(self) -> None:
        path = self.folder / "lock"
        try:
            self._lock = path.open("wb")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if self._lock:
                self._lock.close()
            self._lock = None
            raise AlreadyRunningError(
                f"{self.name} already runs on {self.folder}; stop the other `make demo`, "
                "or set MINT_DATA_DIR to another folder"
            ) from error
        except OSError as error:
            raise FolderError(
                f"cannot write to {self.folder}: {error.strerror}; make it writable for this "
                "account, or set MINT_DATA_DIR to another folder"
            ) from error

    def _stop_orphan(self) -> None:
        """A server whose parent was killed holds no lock: end it before a new one starts."""
        try:
            pid, started = (self.folder / "process").read_text().split()
            if abs(psutil.Process(int(pid)).create_time() - float(started)) < 1:
                stop_stranger(int(pid), self.stop_signals[0], self.stop_seconds)
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return

    def _open_log(self) -> None:
        make_folder(self.log.parent, LOGS_MODE)
        size = self.log.stat().st_size if self.log.exists() else 0
        if size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".old.log"))
            size = 0
        self._log_start = size

    def _require_room(self) -> None:
        free = shutil.disk_usage(self.home).free // 2**20
        if free < _ROOM_NEEDED_MIB:
            raise DiskFullError(
                f"{self.name}: only {free} MiB are free on the disk that holds {self.home}, and it "
                f"needs {_ROOM_NEEDED_MIB}; free some space there, or set MINT_DATA_DIR to a "
                "folder on another disk"
            )

    def _read_password(self) -> str:
        path = self.folder / "password"
        if not path.exists():
            self._write_private("password", secrets.token_urlsafe(24))
        return path.read_text()

    def _write_private(self, name: str, text: str) -> None:
        new = self.folder / f"{name}.new"
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.folder / name)

    def _launch(self, port: int = 0) -> None:
        for attempt in range(1, _START_TRIES + 1):
            self.port = port or free_port()
            with deferred():
                self.process = self._spawn()
            started = psutil.Process(self.process.pid).create_time()
            self._write_private("process", f"{self.process.pid} {started}")
            if wait_until(self._answers_or_ended, seconds=self.start_seconds):
                if self.process.poll() is None:
                    return
                output = last_lines(self.log, since=self._log_start)
                # Another program took the free port in between; or the last server's own
                # processes have not yet let go of its memory.
                passing = ("in use", "Address already", "could not bind", "still in use")
                if attempt == _START_TRIES or not any(words in output for words in passing):
                    raise explain_failure(self.name, output, self.home)
                wait_until(lambda: False, seconds=0.5)
                self._open_log()
                continue
            raise LocalServerError(
                f"{self.name} did not answer within {self.start_seconds:.0f} s; see {self.log}:\n"
                + last_lines(self.log, since=self._log_start)
            )

    def _answers_or_ended(self) -> bool:
        return (self.process is not None and self.process.poll() is not None) or self._answers()

    def _spawn(self) -> "subprocess.Popen[bytes]":
        said = self._stdin()
        process = spawn(
            self._command(),
            log=self.log,
            end_signal=self.stop_signals[0],
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            account=self.account,
            stdin=subprocess.DEVNULL if said is None else subprocess.PIPE,
            cwd=Path("/"),
        )
        if process.stdin is not None:
            process.stdin.write(said or b"")
            process.stdin.close()
        return process
