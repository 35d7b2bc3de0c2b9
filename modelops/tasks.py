"""Tasks, thin: the services do the work, the rows own the jobs.

Those that beat calls are on the queue `default`; those of `registry.queue` are on the queue
`model`, for workers that have the weights.
"""

import os
from typing import Any

import httpx
from celery import shared_task
from celery.signals import worker_init
from django.conf import settings

from annotation.models import Study

from .acquisition import refreshing
from .explaining import assessing
from .explaining import runs as explaining
from .models import ModelVersion
from .registry import agreement, assisted, ceiling, certificates
from .runs import drifting, learning, retraining, scoring, supervision, sweeping, tracking


@worker_init.connect
def share_cores(sender: Any, **kwargs: Any) -> None:
    """Gives each process in the pool its share of the cores, before torch starts its threads."""
    cores = len(os.sched_getaffinity(0))
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, cores // max(1, sender.concurrency))))


@shared_task
def sweep_runs() -> None:
    sweeping.sweep_runs()


@shared_task
def retrain_where_due() -> None:
    retraining.retrain_where_due()


@shared_task
def score_new_stimuli() -> None:
    scoring.score_new_stimuli()


@shared_task
def refresh_rankings_where_due() -> None:
    refreshing.refresh_where_due()


@shared_task(acks_late=True, reject_on_worker_lost=True)
def refresh_ranking(version: int) -> None:
    """Doing it twice does no harm."""
    for found in ModelVersion.objects.filter(pk=version).select_related("study", "predictor"):
        refreshing.refresh_ranking(found)


@shared_task
def renew_ceilings(study: int) -> None:
    """Measures a large study's labels again, while those who asked read the last measures."""
    for found in Study.objects.filter(pk=study):
        ceiling.renew_ceilings(found)


@shared_task
def renew_agreement(version: int) -> None:
    """Compares a version with people again, while those who asked read the last comparison."""
    for found in ModelVersion.objects.filter(pk=version).select_related("study"):
        agreement.renew_agreement(found)


@shared_task
def renew_certificates(version: int) -> None:
    """Compares a version with single raters again, while those who asked read the last result."""
    for found in ModelVersion.objects.filter(pk=version).select_related("study"):
        certificates.renew_certificates(found)


@shared_task
def renew_drift(version: int) -> None:
    """Compares new images with those learnt from again, while those who asked read the last
    result."""
    for found in ModelVersion.objects.filter(pk=version).select_related("study"):
        drifting.renew_drift(found)


@shared_task
def renew_learning(version: int) -> None:
    """Traces a version's learning curve again, while those who asked read the last one."""
    for found in ModelVersion.objects.filter(pk=version).select_related("study"):
        learning.renew_learning(found)


#: Seconds until a task is tried again. What waits longer than the broker's visibility timeout is
#: handed out again, and each copy asks for copies of its own.
PAUSE = max(1, settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] // 2)


@shared_task(
    autoretry_for=(httpx.HTTPError,), default_retry_delay=PAUSE, max_retries=8 * 60 * 60 // PAUSE
)
def track_version(version: int) -> None:
    """Tells MLflow; telling it twice does no harm. Tried again for eight hours."""
    for found in ModelVersion.objects.filter(pk=version).select_related("study", "predictor"):
        tracking.track(found)


@shared_task
def renew_calibration(version: int) -> None:
    """Measures again how far a version's predictions are off, for model-assisted scores."""
    for found in ModelVersion.objects.filter(pk=version).select_related("study"):
        assisted.renew_calibration(found)


@shared_task
def train(run_id: int) -> None:
    """Acknowledged early: it outlasts any visibility timeout, and its row brings it back."""
    supervision.supervise(run_id=run_id)


@shared_task(acks_late=True, reject_on_worker_lost=True)
def score_chunk(chunk_id: int) -> None:
    """Acknowledged when done: a chunk that a killed worker held is handed out again."""
    scoring.score_chunk(chunk_id=chunk_id)


@shared_task(acks_late=True, reject_on_worker_lost=True)
def finish_scoring(run_id: int) -> None:
    scoring.finish_scoring(run_id=run_id)


@shared_task(acks_late=True, reject_on_worker_lost=True)
def explain(run_id: int) -> None:
    """One turn of a few images, which asks for the next one."""
    explaining.explain_some(run_id=run_id)


@shared_task(acks_late=True, reject_on_worker_lost=True)
def assess(assessment_id: int) -> None:
    assessing.assess(assessment_id=assessment_id)
