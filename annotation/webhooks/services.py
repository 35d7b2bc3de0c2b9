"""Webhooks are added, changed and removed, and their deliveries sent again."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.jobs.queue import enqueue
from workbench.core.outbound import AllowedHosts, OutboundRefusedError, check_url

from ..models import Study, Webhook, WebhookDelivery
from ..models.webhook import SUBSCRIBABLE, DeliveryState, EventType, WebhookState
from ..studies.audit import record
from .errors import WebhookError, WebhookStoppedError
from .outbox import SEND, write_deliveries
from .sealing import seal
from .signing import new_secret

#: Of one study.
MOST_WEBHOOKS = 20
#: How long the secret before signs, too.
ROTATION = timedelta(days=1)


def allowed_hosts() -> AllowedHosts:
    return AllowedHosts(settings.OUTBOUND_ALLOWED_HOSTS)


@transaction.atomic
def add_webhook(
    *, study: Study, actor: User, url: str, events: Collection[str], description: str = ""
) -> tuple[Webhook, str]:
    """The webhook and its secret, which nobody can ask for later. Raises WebhookError."""
    # Two requests at once must not exceed the limit.
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    if study.webhooks.count() >= MOST_WEBHOOKS:
        raise WebhookError(
            _("A study has at most %(most)d webhooks. Remove one first.") % {"most": MOST_WEBHOOKS}
        )
    secret = new_secret()
    webhook = Webhook.objects.create(
        study=study,
        url=_checked_url(url),
        events=_checked_events(events),
        description=description.strip(),
        secret=seal(secret),
    )
    _record(webhook, actor, "webhook.added", events=webhook.events)
    return webhook, secret


@transaction.atomic
def change_webhook(*, webhook: Webhook, actor: User, **changes: Any) -> None:
    """Its url, events or description. Raises WebhookError, and nothing is changed."""
    if "url" in changes:
        changes["url"] = _checked_url(changes["url"])
    if "events" in changes:
        changes["events"] = _checked_events(changes["events"])
    before = {name: getattr(webhook, name) for name in changes}
    if changes == before:
        return
    Webhook.objects.filter(pk=webhook.pk).update(**changes)
    webhook.refresh_from_db()
    _record(webhook, actor, "webhook.changed", events=webhook.events)


@transaction.atomic
def pause_webhook(*, webhook: Webhook, actor: User) -> None:
    """No event is noted for it any more; what is waiting waits until it is resumed."""
    _set_state(webhook, actor, WebhookState.PAUSED)


@transaction.atomic
def resume_webhook(*, webhook: Webhook, actor: User) -> None:
    """Also one that failed, or whose receiver was gone."""
    _set_state(webhook, actor, WebhookState.ACTIVE)
    enqueue(SEND)


@transaction.atomic
def remove_webhook(*, webhook: Webhook, actor: User) -> None:
    _record(webhook, actor, "webhook.removed")
    webhook.delete()


@transaction.atomic
def rotate_secret(*, webhook: Webhook, actor: User) -> str:
    """A new secret; for a day deliveries are signed with the one before, too."""
    secret = new_secret()
    locked = Webhook.objects.select_for_update(no_key=True).get(pk=webhook.pk)
    Webhook.objects.filter(pk=webhook.pk).update(
        secret=seal(secret),
        previous_secret=locked.secret,
        previous_until=timezone.now() + ROTATION,
    )
    webhook.refresh_from_db()
    _record(webhook, actor, "webhook.rotated")
    return secret


@transaction.atomic
def ping(*, webhook: Webhook) -> WebhookDelivery:
    """A test event to this webhook alone. Raises WebhookStoppedError."""
    _require_sent(webhook)
    (made,) = write_deliveries(
        webhook.study, [webhook], EventType.PING, at=timezone.now(), data={"webhook": webhook.pk}
    )
    return made


def replay(*, delivery: WebhookDelivery) -> None:
    """Sends a delivery again, now, with the same id and a schedule of its own. Raises
    WebhookStoppedError."""
    _require_sent(delivery.webhook)
    _wait_again(webhook=delivery.webhook, pk=delivery.pk)
    delivery.refresh_from_db()


def replay_failed(*, webhook: Webhook) -> int:
    """Sends all again that were given up; how many. Raises WebhookStoppedError."""
    _require_sent(webhook)
    return _wait_again(webhook=webhook, state=DeliveryState.GIVEN_UP)


@transaction.atomic
def _wait_again(**which: Any) -> int:
    asked = WebhookDelivery.objects.filter(**which)
    number = asked.update(state=DeliveryState.WAITING, failures=0, next_at=timezone.now())
    enqueue(SEND)
    return number


def _set_state(webhook: Webhook, actor: User, state: WebhookState) -> None:
    if Webhook.objects.filter(pk=webhook.pk).exclude(state=state).update(state=state):
        _record(webhook, actor, f"webhook.{state}")
    webhook.refresh_from_db()


def _require_sent(webhook: Webhook) -> None:
    if not webhook.is_sent:
        raise WebhookStoppedError(_("Nothing is sent to this webhook. Resume it first."))


def _checked_url(url: str) -> str:
    try:
        check_url(url, allowed_hosts())
    except OutboundRefusedError as error:
        raise WebhookError(_(error.message)) from error
    return url


def _checked_events(events: Collection[str]) -> list[str]:
    """In their order, each once."""
    found = [str(item) for item in SUBSCRIBABLE if item in events]
    if not found or set(events) - set(found):
        raise WebhookError(
            _("Choose at least one of these events: %(events)s.")
            % {"events": ", ".join(SUBSCRIBABLE)}
        )
    return found


def host_of(webhook: Webhook) -> str:
    """What is shown of its address: the rest may be a secret."""
    return urlsplit(webhook.url).netloc


def _record(webhook: Webhook, actor: User, action: str, **detail: Any) -> None:
    record(
        study=webhook.study,
        actor=actor,
        action=action,
        webhook=webhook.pk,
        host=host_of(webhook),
        **detail,
    )
