"""Who helps with a password: the site by mail, or a person."""

from django.conf import settings
from django.http import HttpRequest


def contact(request: HttpRequest) -> dict[str, str | bool]:
    """A context processor: CONTACT, "" if nobody is named, and whether the site can send mail."""
    return {"contact": settings.CONTACT, "sends_mail": bool(settings.EMAIL_URL)}
