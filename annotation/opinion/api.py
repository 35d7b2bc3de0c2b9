"""The owner API: releases of opinion scores."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiListView, ApiView
from workbench.accounts.signed_in import signed_in
from workbench.core.api import ExactSerializer

from ..models import (
    OpinionRelease,
    OpinionScore,
    RatingsErased,
    ReleasePerspective,
    SubjectEstimate,
)
from ..studies.selectors import find_study
from .methods import METHODS
from .releases import live_release, make_release

LIVE = "live"


class RatingsErasedSerializer(serializers.ModelSerializer[RatingsErased]):
    """Ratings that a kept release was made of, at most, and that are gone with their rater."""

    class Meta:
        model = RatingsErased
        fields = ("ratings", "created_at")


class ReleasePerspectiveSerializer(serializers.ModelSerializer[ReleasePerspective]):
    """The scale of a release's scores from one perspective, and what its method says of them."""

    perspective = serializers.CharField(source="perspective.key")

    class Meta:
        model = ReleasePerspective
        fields = ("perspective", "minimum", "maximum", "notes")


class ReleaseSerializer(serializers.ModelSerializer[OpinionRelease]):
    """How opinion scores were made, and from what; `minimum` to `maximum` is the scale of imported
    ones, own ones are on those that `perspectives` names."""

    citation = serializers.SerializerMethodField()
    #: Their numbers.
    protocols = serializers.SlugRelatedField[Any](slug_field="number", many=True, read_only=True)

    #: Of own scores.
    perspectives = ReleasePerspectiveSerializer(many=True, read_only=True)
    erasures = RatingsErasedSerializer(many=True, read_only=True)

    class Meta:
        model = OpinionRelease
        fields = (
            "number",
            "name",
            "kind",
            "state",
            "method",
            "method_version",
            "citation",
            "parameters",
            "protocols",
            "counts_rule",
            "ratings",
            "source",
            "minimum",
            "maximum",
            "direction",
            "score_kind",
            "perspectives",
            "content_sha256",
            "computed_at",
            "erasures",
        )

    def get_citation(self, release: OpinionRelease) -> str:
        known = release.method in METHODS
        return METHODS[release.method].citation if known else ""


class NewReleaseSerializer(ExactSerializer):
    """The name to keep the current opinion scores under, and how to make them."""

    name = serializers.CharField(max_length=100)
    method = serializers.ChoiceField(choices=[], required=False)
    parameters = serializers.DictField(default=dict)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Read each time: a method is available as soon as it is registered.
        self.fields["method"] = serializers.ChoiceField(
            choices=list(METHODS), required=False, help_text="Left out: the study's."
        )


class OpinionScoreSerializer(serializers.ModelSerializer[OpinionScore]):
    """A release's opinion score of one stimulus from one perspective."""

    filename = serializers.CharField(source="stimulus.filename")
    perspective = serializers.CharField(source="perspective.key")
    state = serializers.CharField(
        source="stimulus.state",
        help_text="Of the stimulus now: a kept release still has the scores of those withdrawn, "
        "excluded or purged since.",
    )

    class Meta:
        model = OpinionScore
        fields = (
            "stimulus",
            "filename",
            "state",
            "perspective",
            "value",
            "standard_error",
            "low",
            "high",
            "sd",
            "mean",
            "n",
            "histogram",
        )


class SubjectEstimateSerializer(serializers.ModelSerializer[SubjectEstimate]):
    """A release's estimate of one rater from one perspective."""

    rater = serializers.CharField(source="rater.code")
    perspective = serializers.CharField(source="perspective.key")

    class Meta:
        model = SubjectEstimate
        fields = ("rater", "perspective", "bias", "inconsistency", "verdict", "reason")


class ReleaseListView(ApiListView[OpinionRelease]):
    """The study's releases of opinion scores: the live one, named ones, those kept for models
    (`frozen`), and imported ones."""

    serializer_class = ReleaseSerializer
    queryset = OpinionRelease.objects.none()
    filters = {"kind": "kind", "state": "state", "name": "name"}
    orders = ("number",)

    def get_queryset(self) -> QuerySet[OpinionRelease]:
        study = find_study(self.request.user, self.kwargs["slug"], "annotation.export_study")
        live_release(study)
        return study.opinion_releases.prefetch_related(
            "protocols", "erasures", "perspectives__perspective"
        )

    @extend_schema(request=NewReleaseSerializer, responses={201: ReleaseSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Keep the current opinion scores under a name; they never change."""
        study = find_study(request.user, slug, "annotation.change_study")
        data = NewReleaseSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        release = make_release(study, actor=signed_in(request), **data.validated_data)
        return Response(ReleaseSerializer(release).data, status=201)


class ReleaseDetailView(ApiView):
    @extend_schema(responses=ReleaseSerializer)
    def get(self, request: Request, slug: str, which: str) -> Response:
        """One release by its number, or the `live` one."""
        return Response(ReleaseSerializer(_find_release(request, slug, which)).data)


class ReleaseScoresView(ApiListView[OpinionScore]):
    """A release's opinion scores, by stimulus and perspective."""

    serializer_class = OpinionScoreSerializer
    queryset = OpinionScore.objects.none()
    filters = {
        "stimulus": "stimulus",
        "filename": "stimulus__filename",
        "perspective": "perspective__key",
        "split": "stimulus__split",
        "state": "stimulus__state",
    }
    orders = ("stimulus", "value", "standard_error", "sd", "n")

    def get_queryset(self) -> QuerySet[OpinionScore]:
        scores = _find_release(self.request, **self.kwargs).scores
        in_order = scores.order_by("stimulus", "perspective__position")
        return in_order.select_related("stimulus", "perspective")


class ReleaseRatersView(ApiListView[SubjectEstimate]):
    """A release's estimates of raters; empty if its method makes none."""

    serializer_class = SubjectEstimateSerializer
    queryset = SubjectEstimate.objects.none()
    filters = {"rater": "rater__code", "perspective": "perspective__key", "verdict": "verdict"}
    orders = ("rater", "bias", "inconsistency")

    def get_queryset(self) -> QuerySet[SubjectEstimate]:
        found = _find_release(self.request, **self.kwargs).subjects
        in_order = found.order_by("rater", "perspective__position")
        return in_order.select_related("rater", "perspective")


def _find_release(request: Request, slug: str, which: str) -> OpinionRelease:
    """A release that this user may export, by its number or `live`. Raises Http404 without one."""
    study = find_study(request.user, slug, "annotation.export_study")
    if which == LIVE:
        return live_release(study)
    number = int(which) if which.isdecimal() and len(which) < 10 else 0
    release = study.opinion_releases.filter(number=number).first()
    if release is None:
        raise Http404
    return release
