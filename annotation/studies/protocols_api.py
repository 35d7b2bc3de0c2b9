"""The owner API: what a study has asked, protocol by protocol."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiListView, ApiView

from ..models import Protocol
from .protocols import protocols_of
from .selectors import find_study


class ProtocolSerializer(serializers.ModelSerializer[Protocol]):
    """One protocol: a trial of the export names it by its number."""

    answered = serializers.BooleanField(
        read_only=True, help_text="Whether any score was given by it; from then on it is kept."
    )

    class Meta:
        model = Protocol
        fields = ["number", "content_sha256", "created_at", "answered"]


class ProtocolDocumentSerializer(ProtocolSerializer):
    """With all that it asks."""

    class Meta(ProtocolSerializer.Meta):
        fields = [*ProtocolSerializer.Meta.fields, "content"]


class ProtocolListView(ApiListView[Protocol]):
    """The study's protocols, in the order in which they came into use."""

    serializer_class = ProtocolSerializer
    queryset = Protocol.objects.none()
    filters = {"content_sha256": "content_sha256"}
    orders = ("number",)

    def get_queryset(self) -> QuerySet[Protocol]:
        study = find_study(self.request.user, self.kwargs["slug"], "annotation.view_study")
        return protocols_of(study)


class ProtocolDetailView(ApiView):
    @extend_schema(responses=ProtocolDocumentSerializer)
    def get(self, request: Request, slug: str, number: int) -> Response:
        """All that one protocol asks: perspectives, form, plan, viewing conditions, rules, texts
        and their translations."""
        study = find_study(request.user, slug, "annotation.view_study")
        protocol = get_object_or_404(protocols_of(study), number=number)
        return Response(ProtocolDocumentSerializer(protocol).data)
