"""Waking a worker. The rows own the jobs: a message that is lost is sent again by a sweep."""

from functools import partial

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


def enqueue(task: str, *args: int) -> None:
    """Sends a task when the transaction commits, so that its row is there when it starts.

    By name: what asks for a job need not import what does it.
    """
    transaction.on_commit(partial(_send, task, args))


def _send(task: str, args: tuple[int, ...]) -> None:
    try:
        current_app.send_task(task, args)
    except OperationalError as error:
        # The request that asked for the job has succeeded: its row stands.
        log.warning("queue unreachable; a sweep sends it later", task=task, error=str(error))
