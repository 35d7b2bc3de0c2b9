"""Deliveries are written with the act that they tell of, in its transaction: no event is lost, and
none is sent of an act that was rolled back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from workbench.core.jobs.queue import enqueue

from ..models import AuditEntry, Study, Webhook, WebhookDelivery
from ..models.webhook import SENT_STATES, EventType
from ..studies.audit import recorded
from .events import TOLD, payload

SEND = "annotation.webhooks.tasks.send_webhooks"


@receiver(recorded)
def tell_webhooks(entry: AuditEntry, **_rest: Any) -> None:
    told = TOLD.get(entry.action)
    if told is None or entry.study is None:
        return
    listening = Webhook.objects.filter(
        study=entry.study, state__in=SENT_STATES, events__contains=[told.event]
    )
    if webhooks := list(listening):
        write_deliveries(
            entry.study, webhooks, told.event, at=entry.created_at, data=told.data(entry.detail)
        )


def write_deliveries(
    study: Study,
    webhooks: Sequence[Webhook],
    event: EventType,
    *,
    at: datetime,
    data: Mapping[str, Any],
) -> list[WebhookDelivery]:
    """One for each webhook, to be sent as soon as the transaction commits."""
    body = payload(event, at=at, study=study.slug, data=data)
    made = WebhookDelivery.objects.bulk_create(
        WebhookDelivery(webhook=webhook, event=event, body=body, next_at=timezone.now())
        for webhook in webhooks
    )
    enqueue(SEND)
    return made
