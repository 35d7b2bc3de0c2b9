"""Whom to ask: shown where only a person can help."""

from django.conf import settings
from django.http import HttpRequest


def contact(request: HttpRequest) -> dict[str, str]:
    """A context processor: CONTACT, "" if nobody is named."""
    return {"contact": settings.CONTACT}
