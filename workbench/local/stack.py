"""The whole workbench as processes on this machine: servers, web, one worker, beat."""

import hashlib
import os
import secrets
import shlex
import signal
import sys
import time
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

from ..core.environment import value_of, with_values
from .account import make_folder
from .errors import FolderError, LocalServerError
from .interrupt import undisturbed
from .preflight import wait_for
from .process import free_port, require_free_port
from .services import Services
from .supervisor import Program, Say, Supervisor

#: The checkout: where manage.py is.
ROOT = Path(__file__).resolve().parent.parent.parent
_READY_SECONDS = 60.0


def data_folder() -> Path:
    """Where everything is kept: MINT_DATA_DIR, or `var` in the checkout."""
    return Path(value_of("MINT_DATA_DIR") or ROOT / "var").absolute()


def secret_key(data: Path) -> str:
    """The site's key: from the environment, or generated once into `secrets/`, 0600.

    Raises:
        FolderError: if it cannot be written.
    """
    if given := value_of("SECRET_KEY"):
        return given
    path = data / "secrets" / "secret_key"
    make_folder(path.parent, 0o700)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(60))
    except FileExistsError:
        pass
    except OSError as error:
        raise FolderError(
            f"cannot write {path}: {error.strerror}; make the folder writable, "
            "or set MINT_DATA_DIR to another one"
        ) from error
    return path.read_text()


def _state_of_static_files() -> str:
    """Changes whenever a static file of ours changes, or a package that provides some."""
    facts = [(ROOT / "requirements" / "base.txt").read_text()]
    packages = ("workbench", "annotation", "modelops")
    files = (file for package in packages for file in ROOT.glob(f"{package}/**/static/**/*"))
    for file in sorted(files):
        facts.append(f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}")
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


class Stack:
    """Everything that runs, from servers to beat; a context manager.

    Args:
        data: folder for all data and logs.
        port: for the web server, on 127.0.0.1; a free one if 0.
        durable: False for throw-away data.
        given: environment in which DATABASE_URL and REDIS_URL may name servers to use instead.
        extra: more environment variables for every program.
        say: receives one short line per step.

    Raises (on start):
        PortTakenError: before anything is started.
        LocalServerError: and its kinds; everything started is stopped again.
    """

    def __init__(
        self,
        data: Path,
        *,
        port: int = 0,
        durable: bool = True,
        given: Mapping[str, str] | None = None,
        extra: Mapping[str, str] | None = None,
        say: Say = lambda line: None,
    ) -> None:
        self.data = data.absolute()
        self.port = port or free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._extra = dict(extra or {})
        self._say = say
        self._given = given or {}
        self.services = Services(
            self.data / "services", log=self.data / "log", durable=durable, given=given
        )
        self.environment: dict[str, str] = {}

    def start(self) -> None:
        require_free_port(self.port)
        make_folder(self.data, 0o755)
        self.supervisor = Supervisor(self.data / "log", self._say)
        try:
            self._start_services()
            self.environment = self._make_environment()
            self._prepare_site()
            self.supervisor.start(self._web())
            self._wait_until_ready()
            # After the pages, which somebody waits for: three starts at once delay each other.
            self.supervisor.start(self._worker())
            self.supervisor.start(self._beat())
            self._write_env()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything, in order: beat, web and worker, then the servers that they use."""
        with undisturbed():
            self._env_file.unlink(missing_ok=True)
            self.supervisor.stop()
            for server in self.services.servers:
                server.stop()
                self._say(f"{server.name} stopped")
            self.services.stop()

    def manage(self, *arguments: str, show: bool = False) -> None:
        """Run `manage.py` with these arguments to its end.

        Raises:
            ProgramEndedError: with its last words, if it fails.
        """
        command = [sys.executable, "manage.py", *arguments]
        program = Program(arguments[0], command, self.environment, ROOT)
        self.supervisor.run(program, show=show)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def _start_services(self) -> None:
        begun = time.monotonic()
        urls = self.services.start()
        for server in self.services.servers:
            self.supervisor.watch_server(server)
            elsewhere = "" if server.home.is_relative_to(self.data) else f", data in {server.home}"
            self._say(f"{server.name} answers on port {server.port}{elsewhere}")
        if value_of("DATABASE_URL", self._given) or value_of("REDIS_URL", self._given):
            wait_for(urls, self._say)
        self._say(f"servers ready after {time.monotonic() - begun:.1f} s")

    def _make_environment(self) -> dict[str, str]:
        return with_values(
            {
                **self.services.urls.environment(),
                "MINT_DATA_DIR": str(self.data),
                "MINT_BASE_URL": self.base_url,
                "SECRET_KEY": secret_key(self.data),
                "DJANGO_SETTINGS_MODULE": "workbench.settings",
                "DEBUG": "0",
                "PYTHONUNBUFFERED": "1",
                **self._extra,
            }
        )

    def _prepare_site(self) -> None:
        self._say("bringing the database up to date")
        self.manage("migrate", "--noinput")
        self._collect_static()

    def _collect_static(self) -> None:
        """Hash and compress the static files, unless that was done for the same ones."""
        stamp, state = self.data / "static.state", _state_of_static_files()
        if stamp.exists() and stamp.read_text() == state:
            return
        self._say("preparing static files")
        self.manage("collectstatic", "--noinput", "--clear")
        stamp.write_text(state)

    def _web(self) -> Program:
        workers = os.environ.get("WEB_WORKERS", str(max(2, min(os.cpu_count() or 2, 4))))
        threads = os.environ.get("WEB_THREADS", "12")
        command = [
            *(sys.executable, "-m", "gunicorn", "workbench.wsgi:application"),
            *("--bind", f"127.0.0.1:{self.port}"),
            *("--worker-class", "gthread", "--workers", workers, "--threads", threads),
            # Loaded once, before the workers are forked: a quicker start in less memory.
            *("--preload", "--graceful-timeout", "5", "--no-control-socket"),
            # No proxy in front: two seconds, the default, end under a script's next request.
            *("--keep-alive", "65"),
            *("--access-logfile", "-", "--logger-class", "workbench.gunicorn_logger.Logger"),
            *("--config", "python:workbench.gunicorn_hooks"),
        ]
        env = {**self.environment, "DATABASE_POOL_SIZE": threads}
        return Program("web", command, env, ROOT, 3)

    def _worker(self) -> Program:
        """One process for both queues.

        Prefork, not threads: a task that runs out of memory or trips over a broken image in a C
        library takes down its own child only, and the queue hands the task out again.
        """
        command = [
            *(sys.executable, "-m", "celery", "-A", "workbench", "worker"),
            *("--queues", "default,model", "--concurrency", "2", "--pool", "prefork"),
            *("--without-gossip", "--without-mingle"),
        ]
        # SIGTERM lets tasks finish; SIGQUIT does not. Their rows say where to continue.
        signals = (signal.SIGTERM, signal.SIGQUIT)
        return Program("worker", command, self.environment, ROOT, 3, signals)

    def _beat(self) -> Program:
        command = [
            *(sys.executable, "-m", "celery", "-A", "workbench", "beat"),
            "--pidfile=",
        ]
        return Program("beat", command, self.environment, ROOT, 3)

    def _wait_until_ready(self) -> None:
        begun = time.monotonic()
        if not self.supervisor.wait(self._is_ready, seconds=_READY_SECONDS):
            raise LocalServerError(
                f"the web server did not become ready within {_READY_SECONDS:.0f} s; "
                f"see {self.data / 'log' / 'web.log'}"
            )
        self._say(f"web answers after {time.monotonic() - begun:.1f} s; starting worker and beat")

    @property
    def _env_file(self) -> Path:
        return self.data / "env"

    def _write_env(self) -> None:
        """For a second terminal: `. var/env`, then manage.py works on the running servers."""
        names = (
            *("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "MINT_DATA_DIR", "MINT_BASE_URL"),
            *self._extra,
        )
        lines = [f"export {name}={shlex.quote(self.environment[name])}\n" for name in names]
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(self._env_file, flags, 0o600), "w") as file:
            file.write("".join(lines))

    def _is_ready(self) -> bool:
        try:
            with urlopen(f"{self.base_url}/health/ready", timeout=5) as answer:  # noqa: S310 -- our own http address
                return bool(answer.status == 200)
        except (URLError, HTTPException, OSError):
            return False
