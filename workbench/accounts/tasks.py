"""Background work on accounts."""

from importlib import import_module

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from .models import ApiToken


@shared_task
def forget_expired() -> int:
    """Deletes sessions and API tokens that expired and so open nothing; how many tokens."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    count, _each = ApiToken.objects.filter(expiry__lt=timezone.now()).delete()
    return int(count)
