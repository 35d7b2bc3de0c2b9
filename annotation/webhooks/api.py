"""The owner API: webhooks of a study, and what was sent to them."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiListView, ApiView
from workbench.accounts.models import TokenScope
from workbench.accounts.signed_in import signed_in
from workbench.core.api import ExactSerializer

from ..models import Webhook, WebhookDelivery
from ..models.webhook import SUBSCRIBABLE
from ..studies.selectors import find_study
from . import services

_EVENTS = [(str(item), item.label) for item in SUBSCRIBABLE]


def events_field(*, required: bool = True) -> serializers.ListField:
    child = serializers.ChoiceField(choices=_EVENTS)
    return serializers.ListField(
        child=child, min_length=1, max_length=len(_EVENTS), required=required
    )


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    """A webhook; `failing`: a delivery was given up, `gone`: its receiver answered 410.
    `previous_until`: how long deliveries are signed with the secret before, too."""

    events = events_field()

    class Meta:
        model = Webhook
        fields = ["id", "url", "description", "events", "state", "previous_until", "created_at"]


class NewWebhookSerializer(WebhookSerializer):
    """A webhook with its secret, which is shown only now."""

    secret = serializers.SerializerMethodField()

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]

    def get_secret(self, _webhook: Webhook) -> str:
        return str(self.context["secret"])


class WebhookAddSerializer(ExactSerializer):
    """Where to send which events. `url` begins with https:// and leads to the public internet."""

    url = serializers.URLField(max_length=2000)
    events = events_field()
    description = serializers.CharField(max_length=200, allow_blank=True, default="")


class WebhookChangeSerializer(ExactSerializer):
    """What is left out stays. `paused`: whether events are noted and sent; false also resumes one
    that failed or is gone."""

    url = serializers.URLField(max_length=2000, required=False)
    events = events_field(required=False)
    description = serializers.CharField(max_length=200, allow_blank=True, required=False)
    paused = serializers.BooleanField(required=False)


class AttemptSerializer(serializers.Serializer[Any]):
    """One attempt. `status`: null without an answer. `failure`: null, `status`, `redirect`,
    `timeout`, `connection`, `address` (in a private network) or `secret` (the site's key has
    changed: rotate it)."""

    at = serializers.DateTimeField()
    milliseconds = serializers.IntegerField()
    status = serializers.IntegerField(allow_null=True)
    failure = serializers.CharField(allow_null=True)


class DeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """An event for one webhook. `message_id`: its header `webhook-id`. `next_at`: of the next
    attempt, null if there is none. `log`: the latest attempts."""

    message_id = serializers.CharField()
    log = serializers.SerializerMethodField()

    class Meta:
        model = WebhookDelivery
        fields = [
            "id",
            "message_id",
            "event",
            "body",
            "state",
            "attempts",
            "next_at",
            "created_at",
            "log",
        ]

    @extend_schema_field(AttemptSerializer(many=True))
    def get_log(self, delivery: WebhookDelivery) -> list[dict[str, Any]]:
        return [dict(AttemptSerializer(item).data) for item in delivery.log]


class ReplayedSerializer(serializers.Serializer[Any]):
    """How many deliveries are sent again."""

    replayed = serializers.IntegerField()


class WebhookListView(ApiListView[Webhook]):
    """The study's webhooks."""

    serializer_class = WebhookSerializer
    queryset = Webhook.objects.none()
    filters = {"state": "state"}
    orders = ("created_at",)
    #: An address may hold a password of its receiver.
    token_scope = TokenScope.MANAGE

    def get_queryset(self) -> QuerySet[Webhook]:
        study = find_study(self.request.user, self.kwargs["slug"], "annotation.change_study")
        return study.webhooks.all()

    @extend_schema(request=WebhookAddSerializer, responses={201: NewWebhookSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Add a webhook. Keep its `secret`: it cannot be asked for later."""
        study = find_study(request.user, slug, "annotation.change_study")
        data = WebhookAddSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        webhook, secret = services.add_webhook(
            study=study, actor=signed_in(request), **data.validated_data
        )
        return _with_secret(webhook, secret, status=201)


class WebhookDetailView(ApiView):
    token_scope = TokenScope.MANAGE

    def lock(self, **kwargs: Any) -> None:
        list(Webhook.objects.select_for_update().filter(pk=kwargs["pk"]))

    @extend_schema(responses=WebhookSerializer)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """One webhook."""
        return Response(WebhookSerializer(_find(request, slug, pk)).data)

    @extend_schema(request=WebhookChangeSerializer, responses=WebhookSerializer)
    def patch(self, request: Request, slug: str, pk: int) -> Response:
        """Change a webhook, pause or resume it."""
        webhook = _find(request, slug, pk)
        data = WebhookChangeSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        changes = dict(data.validated_data)
        paused = changes.pop("paused", None)
        services.change_webhook(webhook=webhook, actor=signed_in(request), **changes)
        if paused is not None:
            set_paused = services.pause_webhook if paused else services.resume_webhook
            set_paused(webhook=webhook, actor=signed_in(request))
        return Response(WebhookSerializer(webhook).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        """Remove a webhook and its deliveries."""
        services.remove_webhook(webhook=_find(request, slug, pk), actor=signed_in(request))
        return Response(status=204)


class WebhookRotateView(ApiView):
    @extend_schema(request=None, responses=NewWebhookSerializer)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Give a webhook a new secret: for a day deliveries are signed with both."""
        webhook = _find(request, slug, pk)
        secret = services.rotate_secret(webhook=webhook, actor=signed_in(request))
        return _with_secret(webhook, secret, status=200)


class WebhookPingView(ApiView):
    @extend_schema(request=None, responses={202: DeliverySerializer})
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Send a test event. 409 if the webhook is paused or gone."""
        delivery = services.ping(webhook=_find(request, slug, pk))
        return Response(DeliverySerializer(delivery).data, status=202)


class DeliveryListView(ApiListView[WebhookDelivery]):
    """What was sent to a webhook in the last 30 days, the latest first."""

    serializer_class = DeliverySerializer
    queryset = WebhookDelivery.objects.none()
    filters = {"state": "state", "event": "event"}
    orders = ("created_at",)
    token_scope = TokenScope.MANAGE

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        webhook = _find(self.request, self.kwargs["slug"], self.kwargs["pk"])
        return webhook.deliveries.all()


class ReplayFailedView(ApiView):
    @extend_schema(request=None, responses={202: ReplayedSerializer})
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Send all deliveries again that were given up. 409 if the webhook is paused or gone."""
        number = services.replay_failed(webhook=_find(request, slug, pk))
        return Response(ReplayedSerializer({"replayed": number}).data, status=202)


class ReplayView(ApiView):
    @extend_schema(request=None, responses={202: DeliverySerializer})
    def post(self, request: Request, slug: str, pk: int, delivery: str) -> Response:
        """Send a delivery again, now, with the same id. 409 if the webhook is paused or gone."""
        webhook = _find(request, slug, pk)
        found = get_object_or_404(webhook.deliveries, pk=delivery)
        found.webhook = webhook
        services.replay(delivery=found)
        return Response(DeliverySerializer(found).data, status=202)


def _find(request: Request, slug: str, pk: int) -> Webhook:
    study = find_study(request.user, slug, "annotation.change_study")
    return get_object_or_404(Webhook.objects.select_related("study"), study=study, pk=pk)


def _with_secret(webhook: Webhook, secret: str, *, status: int) -> Response:
    shown = NewWebhookSerializer(webhook, context={"secret": secret})
    return Response(shown.data, status=status)
