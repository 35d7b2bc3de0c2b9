"""Background work of the rating side."""

from celery import shared_task

from .services import claims


@shared_task
def expire_leases() -> int:
    """Gives back the images of raters who went away; may run twice at once without harm."""
    return claims.expire_leases()
