"""What a web process does before it answers: `--config python:workbench.gunicorn_hooks`."""

from typing import Any


def post_worker_init(worker: Any) -> None:
    """Start the renderer of plots, or the first page of results would wait for it, and with it
    every rating that this process is to keep. Not in a thread: it would stop the others as long."""
    from .core.plots import start_renderer

    start_renderer()
