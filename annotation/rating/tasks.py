"""Background work of the rating side; each may run twice at once without harm."""

from celery import shared_task

from . import claims, sessions, topping_up


@shared_task
def expire_leases() -> int:
    """Gives back the images of raters who went away."""
    return claims.expire_leases()


@shared_task
def expire_sessions() -> int:
    """Ends the sessions of raters who did not come back."""
    return sessions.expire_sessions()


@shared_task
def top_up() -> None:
    """Has images whose opinion scores are not precise enough get one more rating."""
    topping_up.top_up_where_due()
