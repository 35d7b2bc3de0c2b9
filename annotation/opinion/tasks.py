"""Background work on raters' answers."""

from celery import shared_task

from ..models import Study
from .releases import renew_live
from .reliability import selectors


@shared_task
def renew_reliability(study: int) -> None:
    """Measures a large study's raters again, while those who asked read the last measures."""
    for found in Study.objects.filter(pk=study):
        selectors.renew(found)


@shared_task
def renew_live_release(study: int) -> None:
    """Makes a study's live opinion scores again, if they are stale."""
    for found in Study.objects.filter(pk=study):
        renew_live(found)


@shared_task
def renew_live_releases() -> None:
    """Makes all stale live opinion scores again, of every study."""
    for study in Study.objects.order_by("pk"):
        renew_live(study)
