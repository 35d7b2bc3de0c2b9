"""Real worker processes on the test's database and queue, to be killed without warning."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
from django.conf import settings
from django.db import connection

#: Seconds until a test gives up on a worker; a loaded machine starts one in ten.
PATIENCE = 120.0


@contextmanager
def running_worker(
    log: Path, extra: Mapping[str, str], queues: str = "default,model"
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of both queues, or of those named, in a session of its own.

    Whatever is left of it is killed.
    """
    command = [sys.executable, "-m", "celery", "-A", "workbench", "worker", "--pool", "prefork"]
    command += ["--queues", queues, "--concurrency", "1"]
    command += ["--without-gossip", "--without-mingle"]
    with log.open("ab") as output:
        worker = subprocess.Popen(
            command,
            env={**os.environ, "DATABASE_URL": database_url(), **extra},
            cwd=settings.BASE_DIR,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield worker
    finally:
        kill(worker)


def kill(worker: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the worker and all its children at once, as when a machine is lost."""
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def kill_all_but(worker: subprocess.Popen[bytes], spared: psutil.Process) -> None:
    """SIGKILL to the worker and its pool, but not to the child in which it trains."""
    whole = psutil.Process(worker.pid)
    for process in [*whole.children(recursive=True), whole]:
        if process.pid != spared.pid:
            process.kill()
    worker.wait()


def training_process(worker: subprocess.Popen[bytes]) -> psutil.Process | None:
    """The child in which the worker trains, if there is one now."""
    for child in psutil.Process(worker.pid).children(recursive=True):
        if "train_run" in child.cmdline():
            return child
    return None


def wait_until(done: Callable[[], bool], log: Path) -> None:
    """Polls until `done`; after PATIENCE seconds fails with the end of the worker's log."""
    end = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > end:
            raise AssertionError(f"it did not happen; the worker says:\n{log.read_text()[-3000:]}")
        time.sleep(0.1)


def database_url() -> str:
    """The test database's address, which a child's environment cannot know on its own."""
    found = connection.settings_dict
    password = f":{found['PASSWORD']}" if found["PASSWORD"] else ""
    host = f"{found['HOST']}:{found['PORT']}"
    return f"postgres://{found['USER']}{password}@{host}/{found['NAME']}"
