"""Webhooks: where a study's events are sent, and what was sent."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .constraints import one_of
from .study import Study


class EventType(models.TextChoices):
    """Names that receivers know: they never change."""

    RATINGS_MILESTONE = "ratings.milestone", _("Ratings reached a number, or are complete")
    RATER_FLAGGED = "rater.flagged", _("A rater fails a rule")
    IMPORT_FINISHED = "import.finished", _("An import is over")
    RELEASE_MADE = "release.made", _("A release of opinion scores was made")
    DATASET_FINISHED = "dataset.finished", _("The making of a dataset release is over")
    RUN_FINISHED = "run.finished", _("A training, scoring or explaining is over")
    MODEL_PROMOTED = "model.promoted", _("A model version was taken into use")
    PING = "ping", _("A test")


#: What a webhook may ask for; it is pinged in any case.
SUBSCRIBABLE = tuple(item for item in EventType if item is not EventType.PING)


class WebhookState(models.TextChoices):
    ACTIVE = "active", _("Active")
    #: A delivery was given up after all its tries; others are still tried.
    FAILING = "failing", _("Failing")
    PAUSED = "paused", _("Paused")
    #: Its receiver answered 410.
    GONE = "gone", _("Gone")


#: The states in which events are sent.
SENT_STATES = (WebhookState.ACTIVE, WebhookState.FAILING)


class Webhook(models.Model):
    """An address that is told of a study's events."""

    State = WebhookState

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=2000)
    description = models.CharField(max_length=200, blank=True)
    events = ArrayField(models.CharField(max_length=30, choices=EventType.choices))
    state = models.CharField(
        max_length=10, choices=WebhookState.choices, default=WebhookState.ACTIVE
    )
    #: What deliveries are signed with, sealed (`webhooks.sealing`).
    secret = models.BinaryField()
    #: The secret before, which signs too until then.
    previous_secret = models.BinaryField(null=True, blank=True)
    previous_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            one_of("webhook", "state", WebhookState.values),
            models.CheckConstraint(
                condition=Q(events__len__gt=0)
                & Q(events__contained_by=[str(item) for item in SUBSCRIBABLE]),
                name="webhook_events_valid",
            ),
            models.CheckConstraint(
                condition=Q(previous_secret=None, previous_until=None)
                | Q(previous_secret__isnull=False, previous_until__isnull=False),
                name="webhook_previous_secret_dated",
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("study-webhook", args=[self.study.slug, self.pk])

    @property
    def is_sent(self) -> bool:
        return self.state in SENT_STATES


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    GIVEN_UP = "given_up", _("Given up")


class WebhookDelivery(models.Model):
    """One event for one webhook, and its attempts. The row owns the sending: it is written with
    what it tells of, and sent by whoever holds it at its time (docs/decisions/001)."""

    State = DeliveryState

    #: The receiver's `webhook-id`, the same at every attempt.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: Without an index of its own: it leads the one below.
    webhook = models.ForeignKey(
        Webhook, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    event = models.CharField(max_length=30, choices=EventType.choices)
    #: What is signed and sent, to the byte.
    body = models.TextField()
    state = models.CharField(
        max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    #: How often it was taken to be sent. Whoever takes it writes only while this is unchanged.
    attempts = models.PositiveIntegerField(default=0)
    #: Failures since it was written or last asked for again: the place in the schedule.
    failures = models.PositiveSmallIntegerField(default=0)
    #: The latest attempts (`webhooks.attempts.Attempt`).
    log = models.JSONField(default=list, blank=True)
    #: When it is sent, or sent again if nothing is heard of the attempt under way.
    next_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            one_of("delivery", "event", EventType.values),
            one_of("delivery", "state", DeliveryState.values),
            models.CheckConstraint(
                condition=Q(state="waiting", next_at__isnull=False)
                | (~Q(state="waiting") & Q(next_at=None)),
                name="delivery_waits_for_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["webhook", "-created_at"], name="delivery_by_webhook"),
            models.Index(fields=["next_at"], condition=Q(state="waiting"), name="delivery_by_time"),
        ]

    @property
    def message_id(self) -> str:
        return f"msg_{self.pk.hex}"
