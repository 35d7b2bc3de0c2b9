"""The owner API: a study's raters."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiListView, ApiView
from workbench.accounts.models import TokenScope
from workbench.accounts.signed_in import signed_in
from workbench.core.api import ExactSerializer

from ..models import Rater
from ..studies.selectors import find_study, raters_of
from .access import rater_link
from .services import (
    CREATED_AT_ONCE,
    REASON_LIMIT,
    create_raters,
    replace_link,
    set_rater_status,
)
from .stopping import let_continue


class RaterSerializer(serializers.ModelSerializer[Rater]):
    """A rater and the link that opens their session."""

    link = serializers.SerializerMethodField()
    ratings = serializers.IntegerField(read_only=True, default=0)

    class Meta:
        model = Rater
        fields = ["code", "status", "source", "link", "ratings", "created_at", "erased_at"]

    def get_link(self, rater: Rater) -> str | None:
        if not rater.comes_back:
            return None
        request = self.context["request"]
        return str(request.build_absolute_uri(rater_link(rater)))


class RaterCreateSerializer(ExactSerializer):
    """How many raters to create."""

    count = serializers.IntegerField(min_value=1, max_value=CREATED_AT_ONCE)


class RaterListView(ApiListView[Rater]):
    """The study's raters, each with the link that opens their session."""

    serializer_class = RaterSerializer
    queryset = Rater.objects.none()
    #: A link opens somebody's session.
    token_scope = TokenScope.MANAGE
    filters = {"code": "code", "status": "status", "since": "created_at__gte"}
    orders = ("created_at", "ratings")

    def get_queryset(self) -> QuerySet[Rater]:
        study = find_study(self.request.user, self.kwargs["slug"], "annotation.change_study")
        return raters_of(study)

    @extend_schema(request=RaterCreateSerializer, responses={201: RaterSerializer(many=True)})
    def post(self, request: Request, slug: str) -> Response:
        """Create raters."""
        study = find_study(request.user, slug, "annotation.change_study")
        data = RaterCreateSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        raters = create_raters(
            study=study, count=data.validated_data["count"], actor=signed_in(request)
        )
        answer = RaterSerializer(raters, many=True, context={"request": request})
        return Response(answer.data, status=201)


class RaterDetailView(ApiView):
    token_scope = TokenScope.MANAGE

    @extend_schema(responses=RaterSerializer)
    def get(self, request: Request, slug: str, code: str) -> Response:
        """One rater, with the link that opens their session."""
        return _told(_find(request, slug, code), request)


class RaterLinkView(ApiView):
    @extend_schema(request=None, responses=RaterSerializer)
    def post(self, request: Request, slug: str, code: str) -> Response:
        """Replace a rater's link: the old one stops working, the open session continues."""
        rater = replace_link(rater=_find(request, slug, code), actor=signed_in(request))
        return _told(rater, request)


class RaterStandingSerializer(ExactSerializer):
    """Whether a rater takes part; to exclude one takes a reason, which is kept."""

    status = serializers.ChoiceField(choices=Rater.Status.choices)
    reason = serializers.CharField(max_length=REASON_LIMIT, default="", allow_blank=True)


class RaterStatusView(ApiView):
    @extend_schema(request=RaterStandingSerializer, responses=RaterSerializer)
    def post(self, request: Request, slug: str, code: str) -> Response:
        """Exclude a rater, or include them again; nothing that they rated is lost. 400 without a
        reason, or if they are so already."""
        rater = _find(request, slug, code)
        data = RaterStandingSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        set_rater_status(rater=rater, actor=signed_in(request), **data.validated_data)
        return _told(_find(request, slug, code), request)


class RaterContinuationView(ApiView):
    @extend_schema(request=None, responses=RaterSerializer)
    def post(self, request: Request, slug: str, code: str) -> Response:
        """Let a rater whom the rules have stopped, or practice has screened out, begin another
        session."""
        rater = _find(request, slug, code)
        let_continue(rater=rater, actor=signed_in(request))
        return _told(rater, request)


def _find(request: Request, slug: str, code: str) -> Rater:
    study = find_study(request.user, slug, "annotation.change_study")
    rater: Rater = get_object_or_404(raters_of(study), code=code)
    return rater


def _told(rater: Rater, request: Request) -> Response:
    return Response(RaterSerializer(rater, context={"request": request}).data)
