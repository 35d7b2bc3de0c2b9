"""The owner API: the export of all that was collected."""

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from ...models import Study
from ...studies.selectors import find_study
from .encoding import CONTENT_TYPES, ExportFormat, encode
from .records import export_records


class ExportQuerySerializer(serializers.Serializer[Any]):
    """The format of the exported database."""

    format = serializers.ChoiceField(
        choices=[str(item) for item in ExportFormat], default=str(ExportFormat.JSONL)
    )


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
