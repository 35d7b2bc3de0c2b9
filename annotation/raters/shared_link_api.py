"""The owner API: the link by which many join a study."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiView
from workbench.accounts.models import TokenScope
from workbench.accounts.signed_in import signed_in
from workbench.core.api import ExactSerializer

from ..models import SharedLink, Study
from ..studies.selectors import find_study
from .invitations import (
    MOST_RATERS,
    close_shared_link,
    open_shared_link,
    rotate_shared_link,
    shared_link_path,
)


class SharedLinkSerializer(serializers.ModelSerializer[SharedLink]):
    """The shared link: `used` of `quota` raters have joined by it."""

    address = serializers.SerializerMethodField()

    class Meta:
        model = SharedLink
        fields = ["address", "is_open", "quota", "used", "created_at"]

    def get_address(self, link: SharedLink) -> str:
        return str(self.context["request"].build_absolute_uri(shared_link_path(link)))


class SharedLinkSettingSerializer(ExactSerializer):
    """For how many raters in all the link is, and whether anybody else can join."""

    quota = serializers.IntegerField(min_value=1, max_value=MOST_RATERS)
    is_open = serializers.BooleanField(default=True)


class SharedLinkView(ApiView):
    #: Whoever has it can join.
    token_scope = TokenScope.MANAGE

    def lock(self, **kwargs: Any) -> None:
        list(SharedLink.objects.select_for_update().filter(study__slug=kwargs["slug"]))

    @extend_schema(responses=SharedLinkSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """The study's shared link. 404 until it is opened."""
        return _told(request, _study(request, slug))

    @extend_schema(request=SharedLinkSettingSerializer, responses=SharedLinkSerializer)
    def put(self, request: Request, slug: str) -> Response:
        """Open the shared link for so many raters, or close it: those who have joined stay. 400 if
        more have joined than `quota`."""
        study = _study(request, slug)
        data = SharedLinkSettingSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        given = data.validated_data
        open_shared_link(study=study, quota=given["quota"], actor=signed_in(request))
        if not given["is_open"]:
            close_shared_link(study=study, actor=signed_in(request))
        return _told(request, study)


class SharedLinkRotationView(ApiView):
    @extend_schema(request=None, responses=SharedLinkSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Give the shared link a new address: the old one stops working."""
        study = _study(request, slug)
        rotate_shared_link(study=study, actor=signed_in(request))
        return _told(request, study)


def _told(request: Request, study: Study) -> Response:
    link = SharedLink.objects.filter(study=study).first()
    if link is None:
        raise Http404
    return Response(SharedLinkSerializer(link, context={"request": request}).data)


def _study(request: Request, slug: str) -> Study:
    return find_study(request.user, slug, "annotation.change_study")
