"""The owner API: releases of opinion scores."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.signed_in import signed_in

from ..models import OpinionRelease, OpinionScore, Study, SubjectEstimate
from ..studies.selectors import find_study
from .methods import METHODS
from .releases import live_release, make_release

LIVE = "live"


class ReleaseSerializer(serializers.ModelSerializer[OpinionRelease]):
    """How opinion scores were made, and of what; `minimum` to `maximum` is the scale of imported
    ones, own ones are on the scales of the study's perspectives."""

    citation = serializers.SerializerMethodField()

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
            "content_sha256",
            "computed_at",
        )

    def get_citation(self, release: OpinionRelease) -> str:
        known = release.method in METHODS
        return METHODS[release.method].citation if known else ""


class NewReleaseSerializer(serializers.Serializer[Any]):
    """What to keep the opinion scores of now as, and how to make them."""

    name = serializers.CharField(max_length=100)
    method = serializers.ChoiceField(choices=[], required=False)
    parameters = serializers.DictField(default=dict)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Asked each time: a method is known as soon as it is registered.
        self.fields["method"] = serializers.ChoiceField(
            choices=list(METHODS), required=False, help_text="Left out: the study's."
        )


class OpinionScoreSerializer(serializers.ModelSerializer[OpinionScore]):
    """What a release says of one stimulus from one perspective."""

    filename = serializers.CharField(source="stimulus.filename")
    perspective = serializers.CharField(source="perspective.key")

    class Meta:
        model = OpinionScore
        fields = (
            "stimulus",
            "filename",
            "perspective",
            "value",
            "standard_error",
            "low",
            "high",
            "sd",
            "n",
            "histogram",
        )


class SubjectEstimateSerializer(serializers.ModelSerializer[SubjectEstimate]):
    """What a release says of one rater from one perspective."""

    rater = serializers.CharField(source="rater.code")
    perspective = serializers.CharField(source="perspective.key")

    class Meta:
        model = SubjectEstimate
        fields = ("rater", "perspective", "bias", "inconsistency", "verdict", "reason")


class ReleaseListView(GenericAPIView[OpinionRelease]):
    serializer_class = ReleaseSerializer
    queryset = OpinionRelease.objects.none()

    @extend_schema(operation_id="studies_releases_list", responses=ReleaseSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The study's releases of opinion scores: the live one, named ones, and imported ones."""
        study = find_study(request.user, slug, "annotation.export_study")
        live_release(study)
        page = self.paginate_queryset(study.opinion_releases.all())
        return self.get_paginated_response(ReleaseSerializer(page or [], many=True).data)

    @extend_schema(request=NewReleaseSerializer, responses={201: ReleaseSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Keep the opinion scores of now under a name; they never change."""
        study = find_study(request.user, slug, "annotation.change_study")
        data = NewReleaseSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        release = make_release(study, actor=signed_in(request), **data.validated_data)
        return Response(ReleaseSerializer(release).data, status=201)


class ReleaseDetailView(GenericAPIView[OpinionRelease]):
    serializer_class = ReleaseSerializer
    queryset = OpinionRelease.objects.none()

    def get(self, request: Request, slug: str, which: str) -> Response:
        """One release by its number, or the `live` one."""
        study = find_study(request.user, slug, "annotation.export_study")
        return Response(ReleaseSerializer(_release(study, which)).data)


class ReleaseScoresView(GenericAPIView[OpinionScore]):
    serializer_class = OpinionScoreSerializer
    queryset = OpinionScore.objects.none()

    @extend_schema(responses=OpinionScoreSerializer(many=True))
    def get(self, request: Request, slug: str, which: str) -> Response:
        """A release's opinion scores, by stimulus and perspective."""
        study = find_study(request.user, slug, "annotation.export_study")
        scores = _release(study, which).scores.select_related("stimulus", "perspective")
        page = self.paginate_queryset(scores.order_by("stimulus", "perspective__position"))
        return self.get_paginated_response(OpinionScoreSerializer(page or [], many=True).data)


class ReleaseRatersView(GenericAPIView[SubjectEstimate]):
    serializer_class = SubjectEstimateSerializer
    queryset = SubjectEstimate.objects.none()

    @extend_schema(responses=SubjectEstimateSerializer(many=True))
    def get(self, request: Request, slug: str, which: str) -> Response:
        """What a release's method found of raters; empty where it says nothing of them."""
        study = find_study(request.user, slug, "annotation.export_study")
        rows = _release(study, which).subjects.select_related("rater", "perspective")
        page = self.paginate_queryset(rows.order_by("rater", "perspective__position"))
        return self.get_paginated_response(SubjectEstimateSerializer(page or [], many=True).data)


def _release(study: Study, which: str) -> OpinionRelease:
    """Raises Http404 where there is no release of that number."""
    if which == LIVE:
        return live_release(study)
    number = int(which) if which.isdecimal() and len(which) < 10 else 0
    release = study.opinion_releases.filter(number=number).first()
    if release is None:
        raise Http404
    return release
