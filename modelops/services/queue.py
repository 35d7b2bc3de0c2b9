"""Waking a worker. The rows own the jobs: a message that is lost is sent again by the sweeper."""

from functools import partial

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

TRAIN = "modelops.tasks.model.train"
SCORE_CHUNK = "modelops.tasks.model.score_chunk"
FINISH_SCORING = "modelops.tasks.model.finish_scoring"


def enqueue(task: str, *args: int) -> None:
    """Sends a task when the transaction commits, so that its row is there when it starts."""
    transaction.on_commit(partial(_send, task, args))


def _send(task: str, args: tuple[int, ...]) -> None:
    try:
        current_app.send_task(task, args)
    except OperationalError as error:
        # The request that asked for the job has succeeded: its row stands.
        log.warning("queue unreachable; the sweeper sends it later", task=task, error=str(error))
