"""A site of its own for a benchmark: PostgreSQL as durable as in production, gunicorn, a worker."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from benchmarks.load import Load, Measured
from workbench.demo.client import OwnerClient
from workbench.local.stack import ROOT, Stack

Say = Callable[[str], None]


class InsideError(RuntimeError):
    """A step inside the site, or a load on it, failed."""


class BenchSite:
    """A running site and what a benchmark does with it."""

    def __init__(self, stack: Stack, say: Say) -> None:
        self.stack = stack
        self.say = say
        self.owner = OwnerClient(stack.base_url, self.inside("owner")["token"])

    def inside(self, act: str, **values: Any) -> dict[str, Any]:
        """What `inside.<act>(**values)` answers, run with the site's settings."""
        command = [sys.executable, "-m", "benchmarks.inside", act, json.dumps(values)]
        return _json_of(command, "", env=self.stack.environment)

    def load(self, tokens: list[str], browsers: int, workload: str, **times: float) -> Measured:
        """Measured by browsers that rate as fast as they can, in a process of their own."""
        parts = urlsplit(self.stack.base_url)
        load = Load(
            host=str(parts.hostname),
            port=int(parts.port or 80),
            tokens=tokens,
            browsers=browsers,
            workload=workload,
            warm_up=times["warm_up"],
            seconds=times["seconds"],
        )
        command = [sys.executable, "-m", "benchmarks.load"]
        return Measured(**_json_of(command, json.dumps(asdict(load))))

    def web(self) -> list[psutil.Process]:
        """The web server's processes."""
        return self._children("gunicorn")

    def database(self) -> list[psutil.Process]:
        """The private PostgreSQL's processes."""
        server = self.stack.services.postgres.process
        return _family(server.pid) if server else []

    def serving(self) -> list[psutil.Process]:
        """The web server's processes, and PostgreSQL's that work for them: a process of PostgreSQL
        is called by the port of the other end."""
        web = self.web()
        ports = {f"({end.laddr.port})" for one in web for end in one.net_connections("tcp4")}
        return [*web, *(one for one in self.database() if _is_called(one, ports))]

    def _children(self, word: str) -> list[psutil.Process]:
        mine = psutil.Process().children()
        found = [child for child in mine if any(word in part for part in child.cmdline())]
        return [one for child in found for one in _family(child.pid)]


def _is_called(process: psutil.Process, words: set[str]) -> bool:
    try:
        name = " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False
    return any(word in name for word in words)


@contextmanager
def bench_site(say: Say) -> Iterator[BenchSite]:
    """A site that is deleted, with its data, when the block ends."""
    with throw_away_folder() as folder, Stack(folder, say=lambda line: say(f"  {line}")) as stack:
        yield BenchSite(stack, say)


@contextmanager
def throw_away_folder() -> Iterator[Path]:
    """For a site's data; an account that servers run as can enter it."""
    with tempfile.TemporaryDirectory(prefix="mint-bench-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "data"


def processor_seconds(processes: list[psutil.Process]) -> float:
    """Processor time that the processes have spent, with that of the children they waited for."""
    total = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def _family(pid: int) -> list[psutil.Process]:
    head = psutil.Process(pid)
    return [head, *head.children(recursive=True)]


def _json_of(command: list[str], given: str, env: dict[str, str] | None = None) -> dict[str, Any]:
    done = subprocess.run(
        command, cwd=ROOT, env=env, input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise InsideError(f"{' '.join(command[1:4])} failed:\n{done.stderr.strip()[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
