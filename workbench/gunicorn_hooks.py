"""What a web process does before it answers: `--config python:workbench.gunicorn_hooks`."""

import fcntl
import gc
import os
import shutil
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Any

#: Where the processes of this server count together (`core.measured`): read by prometheus_client
#: when it is imported, so set before the site is.
_MEASURED = "PROMETHEUS_MULTIPROC_DIR"
_PREFIX, _HELD = "mint-measured-", "held"
#: In memory where there is such a disk: the files are mapped, and a disk without room would end the
#: processes that write there (SIGBUS).
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 -- a folder of a random name is made in it


def _folder_to_measure(disk: Path) -> tuple[Path, IO[str]]:
    """A new folder, and the file by whose lock later starts know that it is in use: the lock ends
    with the last process. What killed servers left is deleted."""
    for folder in disk.glob(f"{_PREFIX}*"):
        if _is_left(folder):
            shutil.rmtree(folder, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=disk))
    held = (made / _HELD).open("w")
    fcntl.flock(held, fcntl.LOCK_EX)
    return made, held


def _is_left(folder: Path) -> bool:
    try:
        with (folder / _HELD).open("r+") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False  # in use, just being made, or somebody else's
    return True


_OWN: tuple[Path, IO[str]] | None = None
if not os.environ.get(_MEASURED):
    _OWN = _folder_to_measure(
        _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())
    )
    os.environ[_MEASURED] = str(_OWN[0])
#: What the processes take turns by (`core.gates`).
_TURNS = tempfile.TemporaryFile()  # noqa: SIM115 -- it ends with the processes
#: Seconds after which a thread that computes lets another one have Python's lock: a rating waits
#: for it some ten times, as often as it has asked the database something.
_SWITCH = 0.0005
#: Seconds until a process that replaces another one starts its renderer, for each of its siblings
#: once: never two at a time.
_TURN = 2.0


def when_ready(server: Any) -> None:
    """Before the first process is forked. What is loaded by now stays: a process that looked for
    garbage in it would write to all of it, and so have a copy of its own, 80 MiB."""
    gc.collect()
    gc.freeze()


def post_worker_init(worker: Any) -> None:
    """Start the renderer of plots, or the first page of results would wait for it, and with it
    every rating that this process is to keep. Not in a thread: it would stop the others as long.

    But a process that replaces one that has ended may be the only one that is left: it answers
    raters first, and starts its renderer in turn, while its siblings answer.
    """
    from .core.jobs.heartbeats import keep_saying_alive
    from .core.jobs.models import ProgramKind
    from .core.plots import start_renderer
    from .core.room import keep_room

    # Also what was loaded since, or the site itself if it was not loaded before.
    gc.freeze()
    keep_room(worker.cfg.threads, _TURNS.fileno())
    sys.setswitchinterval(_SWITCH)
    keep_saying_alive(f"web@{socket.gethostname()}", ProgramKind.WEB)
    if worker.age <= worker.cfg.workers:
        start_renderer()
        return
    later = threading.Timer(_TURN * (1 + worker.age % worker.cfg.workers), start_renderer)
    later.daemon = True
    later.start()


def on_exit(server: Any) -> None:
    """Counts begin again with the next start, as Prometheus expects of them."""
    if _OWN:
        shutil.rmtree(_OWN[0], ignore_errors=True)
