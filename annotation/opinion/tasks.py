"""Background work on raters' answers."""

import json

import structlog
from celery import shared_task

from ..models import Study
from . import current_generators, rating_counts
from .dataset.jobs import run_dataset_job, sweep_dataset_jobs
from .panel import selectors as panel
from .previewing import renew_preview
from .releases import renew_live
from .reliability import selectors

log = structlog.get_logger(__name__)


@shared_task
def renew_reliability(study: int) -> None:
    """Measures a large study's raters again, while those who asked read the last measures."""
    for found in Study.objects.filter(pk=study):
        selectors.renew(found)


@shared_task
def renew_panel(study: int) -> None:
    """Computes the agreement of a large study's raters again, while its readers read the last."""
    for found in Study.objects.filter(pk=study):
        panel.renew(found)


@shared_task
def renew_leaderboards(study: int) -> None:
    """Compares a large study's generators again, while those who asked read the last comparison."""
    for found in Study.objects.filter(pk=study):
        current_generators.renew_leaderboards(found)


@shared_task
def renew_category_means(study: int, by: str) -> None:
    """The same by a category of images."""
    for found in Study.objects.filter(pk=study):
        current_generators.renew_category_means(found, by)


@shared_task
def renew_rating_counts(study: int) -> None:
    """Counts a large study's scores again, while those who asked read the last counts."""
    for found in Study.objects.filter(pk=study):
        rating_counts.renew_rating_counts(found)


@shared_task
def renew_live_release(study: int) -> None:
    """Makes a study's live opinion scores again, if they are stale."""
    for found in Study.objects.filter(pk=study):
        renew_live(found, refit=True)


@shared_task
def renew_live_releases() -> None:
    """Makes all stale live opinion scores again, of every study."""
    for study in Study.objects.exclude(status=Study.Status.DELETING).order_by("pk"):
        try:
            renew_live(study, refit=True)
        except Exception:
            # It may fail for what one study holds; the others must not wait for that.
            log.exception("live release not renewed", study=study.slug)


@shared_task
def preview_method(study: int, method: str, parameters: str) -> None:
    """Computes what another method would change in a large study, for those who asked; parameters:
    as JSON."""
    for found in Study.objects.filter(pk=study):
        renew_preview(found, method, json.loads(parameters))


@shared_task
def make_dataset(job: int) -> None:
    """Acknowledged early: the job's row and its lease bring it back, not the broker."""
    run_dataset_job(job)


@shared_task
def sweep_datasets() -> None:
    sweep_dataset_jobs()
