"""The owner API: messages to raters, and what they report."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiListView
from workbench.accounts.signed_in import signed_in
from workbench.core.api import ExactSerializer

from ..models import Message, Rater
from ..studies.selectors import find_study
from .messages import TEXT_LIMIT, MessageError, write_to_raters

_MOST_RATERS = 1000


class RaterMessageSerializer(serializers.ModelSerializer[Message]):
    """A message to a rater (`sender` is `owner`) or a rater's report, mostly of the image of a
    `trial`. `read_at`: when the other side saw it."""

    rater = serializers.CharField(source="rater.code")

    class Meta:
        model = Message
        fields = ("id", "rater", "sender", "trial", "text", "created_at", "read_at")


class NewRaterMessageSerializer(ExactSerializer):
    """What to write, and to whom: codes of raters."""

    raters = serializers.ListField(
        child=serializers.CharField(max_length=20), min_length=1, max_length=_MOST_RATERS
    )
    text = serializers.CharField(max_length=TEXT_LIMIT)


class WrittenSerializer(serializers.Serializer[Any]):
    """How many raters get it."""

    written = serializers.IntegerField()


class MessageListView(ApiListView[Message]):
    """Messages to the study's raters and reports from them, the latest first. To read a report
    here does not mark it as read."""

    serializer_class = RaterMessageSerializer
    queryset = Message.objects.none()
    filters = {"rater": "rater__code", "sender": "sender", "since": "created_at__gte"}
    orders = ("created_at",)

    def get_queryset(self) -> QuerySet[Message]:
        study = find_study(self.request.user, self.kwargs["slug"], "annotation.change_study")
        return Message.objects.filter(rater__study=study).select_related("rater")

    @extend_schema(request=NewRaterMessageSerializer, responses={201: WrittenSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Write to raters: they see it on their page. 400 if one is not of the study, and nobody
        gets anything."""
        study = find_study(request.user, slug, "annotation.change_study")
        data = NewRaterMessageSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        codes = set(data.validated_data["raters"])
        raters = list(Rater.objects.filter(study=study, code__in=codes))
        unknown = sorted(codes - {rater.code for rater in raters})
        if unknown:
            raise MessageError(_("The study has no rater %(code)s.") % {"code": unknown[0]})
        text = data.validated_data["text"]
        written = write_to_raters(study=study, raters=raters, actor=signed_in(request), text=text)
        return Response({"written": written}, status=201)
