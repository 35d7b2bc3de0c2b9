"""Background work on what raters gave."""

from celery import shared_task

from ..models import Study
from .reliability import selectors


@shared_task
def renew_reliability(study: int) -> None:
    """Measures a large study's raters again, while those who asked read the last measures."""
    for found in Study.objects.filter(pk=study):
        selectors.renew(found)
