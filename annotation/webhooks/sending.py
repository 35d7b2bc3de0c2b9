"""Deliveries that are due are sent, by as many workers at once as there are.

A delivery is taken by moving its time: a worker that dies with it leaves it to be sent again. The
network is waited for outside any transaction, and what came of it is written only if nobody has
taken the delivery since. So a receiver may be sent an event twice, with one id.
"""

import random
import time
from datetime import datetime, timedelta
from typing import Any

import httpx
import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from workbench.core.outbound import OutboundRefusedError, outbound_client

from ..models import Webhook, WebhookDelivery
from ..models.webhook import SENT_STATES, DeliveryState, WebhookState
from ..studies.audit import record
from .attempts import KEPT, Attempt, Failure, failure_of
from .schedule import delay_after, seconds_asked
from .sealing import UnreadableSecretError, unseal
from .services import allowed_hosts, host_of
from .signing import signed_headers

#: The longest that one attempt takes, and how long nobody else takes its delivery.
SECONDS = 10.0
_HELD = timedelta(seconds=6 * SECONDS)
#: How long one worker goes on; the next beat comes sooner than others wait for it.
_TURN_SECONDS = 60.0
#: What a delivery is kept for.
_KEPT_DAYS = 30

log = structlog.get_logger(__name__)


def send_due() -> int:
    """Sends what is due, the longest overdue first; how many attempts there were."""
    end, number = time.monotonic() + _TURN_SECONDS, 0
    with outbound_client(allowed=allowed_hosts(), seconds=SECONDS) as client:
        while time.monotonic() < end and (delivery := claim_next()) is not None:
            finish(delivery, attempt(client, delivery))
            number += 1
    return number


@transaction.atomic
def claim_next() -> WebhookDelivery | None:
    """Takes the next delivery, with its webhook."""
    now = timezone.now()
    due = WebhookDelivery.objects.filter(
        state=DeliveryState.WAITING, next_at__lte=now, webhook__state__in=SENT_STATES
    )
    free = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
    delivery = free.select_related("webhook").order_by("next_at").first()
    if delivery is not None:
        delivery.attempts += 1
        delivery.next_at = now + _HELD
        delivery.save(update_fields=["attempts", "next_at"])
    return delivery


def attempt(client: httpx.Client, delivery: WebhookDelivery) -> Attempt:
    """Sends it once; never raises for what the other side does."""
    now, began = timezone.now(), time.monotonic()
    status, failure, asked = None, None, 0.0
    try:
        # The answer's body is not read: nothing depends on it.
        with client.stream("POST", delivery.webhook.url, **_request(delivery, now)) as response:
            status = response.status_code
            asked = seconds_asked(response.headers.get("retry-after", ""), now)
            failure = failure_of(status)
    except OutboundRefusedError:
        failure = Failure.ADDRESS
    except UnreadableSecretError:
        failure = Failure.SECRET
    except httpx.TimeoutException:
        failure = Failure.TIMEOUT
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
        failure = Failure.CONNECTION
    milliseconds = round((time.monotonic() - began) * 1000)
    return Attempt(now.isoformat(), milliseconds, status, failure, asked)


def _request(delivery: WebhookDelivery, now: datetime) -> dict[str, Any]:
    body = delivery.body.encode()
    signed = signed_headers(
        message_id=delivery.message_id,
        timestamp=int(now.timestamp()),
        body=body,
        secrets_now=_secrets(delivery.webhook, now),
    )
    described = {"content-type": "application/json", "user-agent": "MINT-Workbench-Webhooks/1"}
    return {"content": body, "headers": {**described, **signed}}


def _secrets(webhook: Webhook, now: datetime) -> list[str]:
    """The new one first. Raises UnreadableSecretError."""
    found = [unseal(webhook.secret)]
    if webhook.previous_until is not None and webhook.previous_until > now:
        found.append(unseal(webhook.previous_secret or b""))
    return found


@transaction.atomic
def finish(delivery: WebhookDelivery, made: Attempt) -> None:
    """Writes what came of an attempt, unless somebody else has taken the delivery meanwhile."""
    # Before the delivery: what ends one may change the webhook and its others.
    webhooks = Webhook.objects.select_for_update(no_key=True, of=("self",))
    webhook = webhooks.select_related("study").filter(pk=delivery.webhook_id).first()
    if webhook is None:
        return
    kept = [*delivery.log, made.to_json()][-KEPT:]
    held = WebhookDelivery.objects.filter(
        pk=delivery.pk, attempts=delivery.attempts, state=DeliveryState.WAITING
    )
    if not held.update(log=kept, **_outcome(delivery, made)):
        log.warning("webhook delivery taken over", delivery=delivery.message_id)
        return
    delivery.refresh_from_db()
    _change_webhook(webhook, delivery, made)


def _outcome(delivery: WebhookDelivery, made: Attempt) -> dict[str, Any]:
    if made.delivered:
        return {"state": DeliveryState.DELIVERED, "next_at": None}
    failures = delivery.failures + 1
    delay = delay_after(failures, chance=random.random(), asked=made.asked)  # noqa: S311
    if made.gone or delay is None:
        return {"state": DeliveryState.GIVEN_UP, "next_at": None, "failures": failures}
    return {"next_at": timezone.now() + timedelta(seconds=delay), "failures": failures}


def _change_webhook(webhook: Webhook, delivery: WebhookDelivery, made: Attempt) -> None:
    waiting = webhook.deliveries.filter(state=DeliveryState.WAITING)
    if made.delivered:
        _move(webhook, WebhookState.FAILING, to=WebhookState.ACTIVE)
    elif made.gone:
        waiting.update(state=DeliveryState.GIVEN_UP, next_at=None)
        _move(webhook, *SENT_STATES, to=WebhookState.GONE)
    elif delivery.state == DeliveryState.GIVEN_UP:
        _move(webhook, WebhookState.ACTIVE, to=WebhookState.FAILING)
    elif made.busy:
        # They would fail in the same way, and each would take its time.
        _leave_alone(waiting, until=delivery.next_at)


def _leave_alone(waiting: QuerySet[WebhookDelivery], *, until: datetime | None) -> None:
    due = waiting.filter(next_at__lte=timezone.now())
    due.update(next_at=until)


def _move(webhook: Webhook, *states: WebhookState, to: WebhookState) -> None:
    """A recovery is seen in the deliveries, and no act of its own."""
    moved = Webhook.objects.filter(pk=webhook.pk, state__in=states).update(state=to)
    if moved and to != WebhookState.ACTIVE:
        record(
            study=webhook.study,
            actor=None,
            action=f"webhook.{to}",
            webhook=webhook.pk,
            host=host_of(webhook),
        )


def forget_old() -> int:
    """Deletes deliveries of long ago, whatever became of them."""
    old = timezone.now() - timedelta(days=_KEPT_DAYS)
    number, _of_each = WebhookDelivery.objects.filter(created_at__lt=old).delete()
    return number
