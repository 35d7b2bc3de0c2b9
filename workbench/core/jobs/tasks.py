"""What keeps the queue and the rows together. Beat asks for it every few seconds."""

from celery import shared_task
from django.apps import apps

from . import leases
from .models import Job
from .queue import was_emptied


@shared_task
def look_after_queue() -> None:
    """When Redis has lost its data, sends all that waits to the queue again, and not only when
    its lease is over."""
    if was_emptied():
        for kind in apps.get_models():
            if issubclass(kind, Job):
                leases.ask_again(kind)
