"""A site of its own to be broken, and the hands that break it. Only its own processes are touched,
each by its number."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import psutil
import psycopg

from benchmarks.site import BenchSite, InsideError, Say, throw_away_folder
from chaos.crowd import Crowd, Journal
from chaos.ledger import Reconciled, reconcile
from workbench.local.postgres import LocalPostgres
from workbench.local.process import wait_until
from workbench.local.redis import LocalRedis
from workbench.local.server import LocalServer
from workbench.local.stack import ROOT, Stack

PATIENCE = 240.0
#: Of the web server's log, said of a site on which something broke off.
_LOG_LINES = 40


class RunningCrowd:
    """Raters in a process of their own; `finish` ends them and answers their journal."""

    def __init__(self, crowd: Crowd) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "chaos.crowd"],
            cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdin is not None  # a pipe
        self._process.stdin.write(json.dumps(asdict(crowd)) + "\n")
        self._process.stdin.flush()

    def finish(self) -> Journal:
        """Raises InsideError if the process broke off."""
        said, _nothing = self._process.communicate()
        if self._process.returncode:
            raise InsideError("the simulated raters broke off; their output is above")
        return Journal(**json.loads(said))

    def abandon(self) -> None:
        """Ends them whatever they do; does nothing once they are over."""
        self._process.kill()
        self._process.communicate()


class ChaosSite(BenchSite):
    """A running site, its processes, and its database by plain SQL."""

    def __init__(self, stack: Stack, say: Say) -> None:
        super().__init__(stack, say)
        self.journals: dict[str, list[Journal]] = {}

    @property
    def postgres(self) -> LocalPostgres:
        return self.stack.services.postgres

    @property
    def redis(self) -> LocalRedis:
        return self.stack.services.redis

    def watch(self, seconds: float) -> None:
        """Lets time pass, with the supervisor starting again what ended."""
        self.stack.supervisor.wait(lambda: False, seconds=seconds)

    def until(self, what: str, done: Callable[[], bool], seconds: float = PATIENCE) -> float:
        """Watches until `done`; how many seconds that took. Raises InsideError if it never is."""
        begun = time.monotonic()
        if not self.stack.supervisor.wait(done, seconds=seconds):
            raise InsideError(f"{what}: not within {seconds:.0f} s")
        return time.monotonic() - begun

    def web_workers(self) -> list[psutil.Process]:
        """The processes that answer requests, without the one that starts them."""
        return self.web()[1:]

    def workers(self) -> list[psutil.Process]:
        """The worker, first, and all that it has started."""
        return self._children("--queues")

    def beat(self) -> list[psutil.Process]:
        return self._children("--pidfile=")

    def rows(self, asked: str, *values: Any) -> list[tuple[Any, ...]]:
        """What PostgreSQL answers to a query of ours, on a connection of its own."""
        with psycopg.connect(self.stack.services.database_url, autocommit=True) as connection:
            return connection.execute(asked, values).fetchall()

    def change(self, asked: str, *values: Any) -> None:
        """Changes the database behind the site's back."""
        with psycopg.connect(self.stack.services.database_url, autocommit=True) as connection:
            connection.execute(asked, values)

    def value(self, asked: str, *values: Any) -> Any:
        """The only value of the only row."""
        ((found,),) = self.rows(asked, *values)
        return found

    @contextmanager
    def crowd(self, slug: str, raters: int, **settings: Any) -> Iterator[RunningCrowd]:
        """New raters of a study, at work; ended if the block breaks off."""
        tokens = self.inside("raters", slug=slug, number=raters)["tokens"]
        parts = urlsplit(self.stack.base_url)
        where = {"host": str(parts.hostname), "port": int(parts.port or 80)}
        running = RunningCrowd(Crowd(**{**where, "tokens": tokens, **settings}))
        try:
            yield running
        finally:
            running.abandon()

    def reconciled(self, slug: str, journal: Journal) -> Reconciled:
        """The study's ratings against this journal and all earlier ones of the study."""
        self.journals.setdefault(slug, []).append(journal)
        return reconcile(self.stack.services.database_url, slug, self.journals[slug])


class Sites:
    """The one site that rows share as long as it is well, since a start takes long; a context
    manager, which ends it. `say` receives what is going on."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self._open = ExitStack()
        self._common: ChaosSite | None = None

    def common(self) -> ChaosSite:
        if self._common is None:
            self._common = self._open.enter_context(chaos_site(self.say))
        return self._common

    def give_up(self) -> None:
        """Ends the common site: a row has left it in an unknown state."""
        self._common = None
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.give_up()


@contextmanager
def chaos_site(say: Say, *, extra: Mapping[str, str] | None = None) -> Iterator[ChaosSite]:
    """A site as durable as in production, deleted when the block ends."""
    with throw_away_folder() as folder, started(folder, say, extra=extra) as site:
        yield site


@contextmanager
def started(folder: Path, say: Say, **options: Any) -> Iterator[ChaosSite]:
    """A site on a folder of the caller's."""
    with Stack(folder, say=lambda line: say(f"    {line}"), **options) as stack:
        site = ChaosSite(stack, say)
        try:
            yield site
        except Exception:
            # The folder is about to go.
            say("\n".join((folder / "log" / "web.log").read_text().splitlines()[-_LOG_LINES:]))
            raise


def kill_all(processes: Iterable[psutil.Process]) -> int:
    """SIGKILL, as when memory runs out or the power fails; how many it reached."""
    killed = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
            killed += 1
    return killed


@contextmanager
def frozen(processes: list[psutil.Process]) -> Iterator[None]:
    """SIGSTOP to all of them, SIGCONT to those that are left when the block ends."""
    try:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()


def end_server(server: LocalServer, *, kill: bool) -> None:
    """Ends a private server, at once or in order, and waits until it is gone."""
    assert server.process is not None  # it was started
    server.process.kill() if kill else server.process.send_signal(server.stop_signals[0])
    process = server.process
    wait_until(lambda: process.poll() is not None, seconds=30)
