"""The owner API: the export of everything that was collected."""

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiView
from workbench.accounts.limits import count_use
from workbench.accounts.models import TokenScope, User
from workbench.accounts.signed_in import signed_in
from workbench.core.room import heavy, streams
from workbench.core.statements import one_view

from ...models import OpinionRelease, Study
from ...studies.audit import record
from ...studies.selectors import find_study
from ..releases import chosen_release
from .document import study_document
from .formats import FORMATS, Format
from .made import export_of
from .records import exported

#: The format of an export if none is named.
_DEFAULT = "jsonl"


class ReleaseQuerySerializer(serializers.Serializer[Any]):
    """Whose opinion scores leave."""

    release = serializers.IntegerField(
        required=False,
        help_text="The number of a release of the study's own opinion scores; left out, they are "
        "made now. Which single scores count, and what they weigh, is as of now in any case.",
    )


class ExportQuerySerializer(ReleaseQuerySerializer):
    """The format of the exported database, and whose opinion scores it has."""

    format = serializers.ChoiceField(choices=[], default=_DEFAULT)
    raw = serializers.BooleanField(
        default=False,
        help_text="CSV for scripts: texts as they are. Otherwise CSV is for spreadsheets: it "
        "begins with a byte order mark, times are to the second, and a text that begins with = + "
        "- @ or an apostrophe has an apostrophe before it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Read each time: a format is available as soon as it is registered.
        self.fields["format"] = serializers.ChoiceField(choices=list(FORMATS), default=_DEFAULT)


@streams
class ExportView(ApiView):
    token_scope = TokenScope.EXPORT
    queries = (ExportQuerySerializer,)

    @extend_schema(
        parameters=[OpenApiParameter("slug", str, OpenApiParameter.PATH)],
        responses={
            (200, form.content_type.partition(";")[0]): OpenApiTypes.BINARY
            if "parquet" in form.content_type
            else OpenApiTypes.STR
            for form in FORMATS.values()
        },
    )
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        """The collected database, streamed: scores, explanations, images with opinion scores."""
        study = find_study(request.user, slug, "annotation.export_study")
        query = ExportQuerySerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        release = chosen_release(study, query.validated_data.get("release"))
        asked, actor = query.validated_data, signed_in(request)
        form = FORMATS[asked["format"]]
        return export_response(study, form, release, actor=actor, raw=asked["raw"])


@heavy
class StudyDocumentView(ApiView):
    token_scope = TokenScope.EXPORT
    queries = (ReleaseQuerySerializer,)

    @extend_schema(
        operation_id="studies_export_document_retrieve",
        parameters=[OpenApiParameter("slug", str, OpenApiParameter.PATH)],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, slug: str) -> Response:
        """What the export's numbers mean.

        Perspectives with their scales, all that raters were asked, and how opinion scores were
        made.
        """
        study = find_study(request.user, slug, "annotation.export_study")
        query = ReleaseQuerySerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        release = chosen_release(study, query.validated_data.get("release"))
        with one_view():
            export = export_of(study, release)
            return Response(study_document(study, export.release, export.protocols))


def export_response(
    study: Study,
    form: Format,
    release: OpinionRelease | None = None,
    *,
    actor: User,
    raw: bool = False,
) -> StreamingHttpResponse:
    """The study's export as a download, for the API and the console alike; `release` as in
    `export_of`, `raw` as in `Format`. Raises TooOftenError."""
    count_use(actor, "export")
    number = release.number if release else None
    record(study=study, actor=actor, action="study.exported", format=form.name, release=number)
    stem = f"{study.slug}-release-{release.number}" if release else study.slug
    name = f"{stem}.{form.extension}"
    headers: dict[str, Any] = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(
        exported(study, form, release, raw=raw),
        content_type=form.content_type,
        headers=headers,
    )
