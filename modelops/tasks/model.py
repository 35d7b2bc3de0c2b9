"""Tasks of the queue `model`, for workers that have the weights."""

import os
from typing import Any

from celery import shared_task
from celery.signals import worker_init


@worker_init.connect
def share_cores(sender: Any, **kwargs: Any) -> None:
    """Gives each process in the pool its share of the cores, before torch starts its threads."""
    cores = len(os.sched_getaffinity(0))
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, cores // max(1, sender.concurrency))))


@shared_task
def train(run_id: int) -> None:
    """Acknowledged early: it outlasts any visibility timeout, and its row brings it back."""
    from ..runs.supervision import supervise

    supervise(run_id=run_id)


@shared_task(acks_late=True, reject_on_worker_lost=True)
def score_chunk(chunk_id: int) -> None:
    """Acknowledged when done: a chunk that a killed worker held is handed out again."""
    from ..runs.scoring import score_chunk

    score_chunk(chunk_id=chunk_id)


@shared_task(acks_late=True, reject_on_worker_lost=True)
def finish_scoring(run_id: int) -> None:
    from ..runs.scoring import finish_scoring

    finish_scoring(run_id=run_id)


@shared_task(acks_late=True, reject_on_worker_lost=True)
def explain(run_id: int) -> None:
    """One turn of a few images, which asks for the next one."""
    from ..explaining.runs import explain_some

    explain_some(run_id=run_id)


@shared_task(acks_late=True, reject_on_worker_lost=True)
def assess(assessment_id: int) -> None:
    from ..explaining.assessing import assess

    assess(assessment_id=assessment_id)
