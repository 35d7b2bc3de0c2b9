"""Background work of the rating side."""

from celery import shared_task

from .models import Study
from .selectors import reliability
from .services import claims, sessions


@shared_task
def expire_leases() -> int:
    """Gives back the images of raters who went away; may run twice at once without harm."""
    return claims.expire_leases()


@shared_task
def expire_sessions() -> int:
    """Ends the sessions of raters who did not come back; may run twice at once without harm."""
    return sessions.expire_sessions()


@shared_task
def renew_reliability(study: int) -> None:
    """Measures a large study's raters anew, while those who asked read the last measures."""
    for found in Study.objects.filter(pk=study):
        reliability.renew(found)
