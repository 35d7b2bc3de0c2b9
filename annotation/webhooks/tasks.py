"""Sending webhooks in the background; each may run twice at once without harm."""

from celery import shared_task

from . import looking, sending


@shared_task
def send_webhooks() -> None:
    sending.send_due()


@shared_task
def look_for_milestones() -> None:
    looking.look_for_milestones()


@shared_task
def look_for_flagged_raters() -> None:
    looking.look_for_flagged_raters()


@shared_task
def forget_old_deliveries() -> None:
    sending.forget_old()
