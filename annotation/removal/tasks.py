"""Deleting studies in the background. The study's row owns the job."""

from celery import shared_task

from ..models import Study
from . import deleting, retention


@shared_task
def delete_study(study: int) -> None:
    for found in Study.objects.filter(pk=study):
        deleting.finish_deletion(found)


@shared_task
def sweep_deletions() -> None:
    deleting.sweep_deletions()


@shared_task
def forget_names() -> int:
    """Deletes who raters are where a study's period is over."""
    return retention.forget_names()
