"""Tasks that beat calls, on the queue `default`."""

from celery import shared_task

from ..runs import retraining, sweeping


@shared_task
def sweep_runs() -> None:
    sweeping.sweep_runs()


@shared_task
def retrain_where_due() -> None:
    retraining.retrain_where_due()


@shared_task
def score_new_stimuli() -> None:
    sweeping.score_new_stimuli()
