"""The owner API: studies, their raters and stimuli, and the export of all that was collected."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from workbench.accounts.signed_in import signed_in

from ..models import Rater, Stimulus, Study
from ..selectors.export import export_records
from ..selectors.studies import find_study, raters_of, stimuli_of, studies_of
from ..services.export import CONTENT_TYPES, ExportFormat, encode
from ..services.raters import create_raters
from ..services.studies import create_study, set_status, update_study
from .serializers import (
    ExportQuerySerializer,
    RaterCreateSerializer,
    RaterSerializer,
    StimulusSerializer,
    StudyChangeSerializer,
    StudyCreateSerializer,
    StudySerializer,
)


class StudyListView(generics.ListAPIView[Study]):
    """The studies that the account may see."""

    serializer_class = StudySerializer
    queryset = Study.objects.none()

    def get_queryset(self) -> QuerySet[Study]:
        return studies_of(self.request.user)

    @extend_schema(request=StudyCreateSerializer, responses={201: StudySerializer})
    def post(self, request: Request) -> Response:
        """Create a draft."""
        data = StudyCreateSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        study = create_study(owner=signed_in(request), **data.validated_data)
        return Response(StudySerializer(study).data, status=201)


class StudyDetailView(APIView):
    @extend_schema(responses=StudySerializer)
    def get(self, request: Request, slug: str) -> Response:
        """The study's settings."""
        study = find_study(request.user, slug, "annotation.view_study")
        return Response(StudySerializer(study).data)

    @extend_schema(request=StudyChangeSerializer, responses=StudySerializer)
    def patch(self, request: Request, slug: str) -> Response:
        """Change settings; if one does not fit, it is named and nothing is changed."""
        study = find_study(request.user, slug, "annotation.change_study")
        data = StudyChangeSerializer(study, data=request.data, partial=True)
        data.is_valid(raise_exception=True)
        changes = dict(data.validated_data)
        status = changes.pop("status", None)
        with transaction.atomic():
            if changes:
                study = update_study(study=study, actor=signed_in(request), changes=changes)
            if status is not None and status != study.status:
                set_status(study=study, actor=signed_in(request), status=status)
        return Response(StudySerializer(study).data)


class RaterListView(generics.ListAPIView[Rater]):
    """The study's raters, each with the link that opens their session."""

    serializer_class = RaterSerializer
    queryset = Rater.objects.none()

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


class StimulusListView(generics.ListAPIView[Stimulus]):
    """The study's stimuli, most wanted first."""

    serializer_class = StimulusSerializer
    queryset = Stimulus.objects.none()

    def get_queryset(self) -> QuerySet[Stimulus]:
        study = find_study(self.request.user, self.kwargs["slug"], "annotation.view_study")
        names = ("split", "generator", "state", "text")
        filters = {name: self.request.query_params.get(name, "") for name in names}
        return stimuli_of(study, filters=filters)


class ExportView(APIView):
    @extend_schema(
        parameters=[ExportQuerySerializer, OpenApiParameter("slug", str, OpenApiParameter.PATH)],
        responses={
            (200, "application/x-ndjson"): OpenApiTypes.STR,
            (200, "text/csv"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        """The collected database: stimuli, prompts, ratings, explanations and MOS, streamed."""
        study = find_study(request.user, slug, "annotation.export_study")
        query = ExportQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        form = ExportFormat(query.validated_data["format"])
        return export_response(study, form)


def export_response(study: Study, form: ExportFormat) -> StreamingHttpResponse:
    """The study's export as a download, for the API and the console alike."""
    headers: dict[str, Any] = {"Content-Disposition": f'attachment; filename="{study.slug}.{form}"'}
    return StreamingHttpResponse(
        encode(export_records(study), form), content_type=CONTENT_TYPES[form], headers=headers
    )
