"""What a web process does before it answers: `--config python:workbench.gunicorn_hooks`."""

import threading
from typing import Any

#: Seconds until a process that replaces another one starts its renderer, for each of its siblings
#: once: never two at a time.
_TURN = 2.0


def post_worker_init(worker: Any) -> None:
    """Start the renderer of plots, or the first page of results would wait for it, and with it
    every rating that this process is to keep. Not in a thread: it would stop the others as long.

    But a process that replaces one that has ended may be the only one that is left: it answers
    raters first, and starts its renderer in turn, while its siblings answer.
    """
    from .core.plots import start_renderer

    if worker.age <= worker.cfg.workers:
        start_renderer()
        return
    later = threading.Timer(_TURN * (1 + worker.age % worker.cfg.workers), start_renderer)
    later.daemon = True
    later.start()
