"""What owner and raters have written to each other."""

from typing import Any

from django.db.models import QuerySet

from ..models import Message, Rater, Study
from .access import Access

_SHOWN = 50


def unread_of(access: Access) -> QuerySet[Message, Any]:
    """The owner's messages that the rater has not been shown, the oldest first."""
    return Message.objects.filter(
        rater_id=access.rater_id, sender=Message.Sender.OWNER, read_at=None
    ).order_by("created_at", "pk")


def messages_with(rater: Rater) -> QuerySet[Message, Any]:
    """The latest first, with author and image."""
    return Message.objects.filter(rater=rater).select_related("author", "trial__stimulus")[:_SHOWN]


def reports_of(study: Study) -> QuerySet[Message, Any]:
    """What the study's raters reported, new reports first."""
    reports = Message.objects.filter(rater__study=study, sender=Message.Sender.RATER)
    return reports.select_related("rater", "trial__stimulus")[:_SHOWN]


def new_reports(study: Study) -> int:
    """How many reports the owner has not seen."""
    return Message.objects.filter(
        rater__study=study, sender=Message.Sender.RATER, read_at=None
    ).count()
