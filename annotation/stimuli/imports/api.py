"""The owner API: imports."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiListView, ApiView
from workbench.accounts.signed_in import signed_in
from workbench.core.api import ExactSerializer
from workbench.core.api_shapes import DocumentField
from workbench.core.problems import Problem
from workbench.core.room import judges_bodies

from ...models import ImportJob
from ...studies.selectors import find_study
from ..importing.problems import RowNote
from ..importing.remarks import Remark
from ..mapping.as_json import from_json
from .again import cancel_import, retry_import
from .asking import ImportRequestSerializer, refuse_large
from .starting import request_import


class RowNoteSerializer(serializers.Serializer[RowNote]):
    """What is to be said of one row of the manifest, and how to fix it."""

    row = serializers.IntegerField()
    line = serializers.IntegerField()
    filename = serializers.CharField()
    problem = serializers.SerializerMethodField()
    fix = serializers.SerializerMethodField()

    def get_problem(self, note: RowNote) -> str:
        return note.sentence(_)

    def get_fix(self, note: RowNote) -> str:
        return note.advice(_)


class ImportSerializer(serializers.ModelSerializer[ImportJob]):
    """An import and its outcome. `files_kept`: whether it can be tried again without sending its
    files; `refusal`: why it was refused as a whole. `remarks`: sentences about all rows together:
    what was held out and how, which spellings are one prompt, what the model does not read.
    `ratings`: whether the table is of ratings of single people, those of `source`.
    `rejected_rows` and `notes` are the first ones, and so are `gaps`: images without a manifest
    whose `prompt` or `generator` (empty) was found nowhere. A dry run succeeds if it could be
    made: it has counted the good rows, and lists the others."""

    files_kept = serializers.SerializerMethodField()
    remarks = serializers.SerializerMethodField()
    rejected_rows = serializers.SerializerMethodField()
    notes = serializers.SerializerMethodField()
    refusal = serializers.SerializerMethodField()

    class Meta:
        model = ImportJob
        fields = [
            "id",
            "state",
            "stage",
            "manifest_name",
            "images_name",
            "purpose",
            "partial",
            "dry_run",
            "ratings",
            "source",
            "mapping",
            "constants",
            "fills",
            "gaps",
            "preview",
            "progress_done",
            "progress_total",
            "imported",
            "updated",
            "unchanged",
            "duplicates",
            "rejected",
            "refusal",
            "files_kept",
            "remarks",
            "rejected_rows",
            "notes",
            "created_at",
            "finished_at",
        ]

    def get_remarks(self, job: ImportJob) -> list[str]:
        return [Remark.from_json(item).sentence(_) for item in job.remarks]

    @extend_schema_field(RowNoteSerializer(many=True))
    def get_rejected_rows(self, job: ImportJob) -> list[dict[str, Any]]:
        return _notes(job.rejected_rows)

    @extend_schema_field(RowNoteSerializer(many=True))
    def get_notes(self, job: ImportJob) -> list[dict[str, Any]]:
        return _notes(job.notes)

    def get_files_kept(self, job: ImportJob) -> bool:
        return bool(job.manifest or job.address)

    def get_refusal(self, job: ImportJob) -> str:
        problem = Problem.from_json(job.refusal) if job.refusal else None
        return f"{problem.sentence(_)}; {problem.advice(_)}" if problem else ""


class RetrySerializer(ExactSerializer):
    """How to try it again. `mapping`: what the manifest's columns are, instead of the import's
    `mapping`, which may be changed for it; `constants`: the `prompt` or `generator` of images
    without a manifest that nothing says it of; `fills`: those of single images by name, which
    are added to the import's `fills`; `dry_run`: only say what it would do."""

    partial = serializers.BooleanField(default=False)  # type: ignore[assignment] # DRF: a field of its own
    dry_run = serializers.BooleanField(default=False)
    mapping = DocumentField(default=None, allow_null=True)
    constants = serializers.DictField(child=serializers.CharField(), default=None)
    fills = serializers.DictField(
        child=serializers.DictField(child=serializers.CharField()), default=None
    )


@judges_bodies
class ImportListView(ApiListView[ImportJob]):
    """The study's imports from the console and by API, newest first."""

    parser_classes = [MultiPartParser]
    serializer_class = ImportSerializer
    queryset = ImportJob.objects.none()
    filters = {"state": "state", "purpose": "purpose", "dry_run": "dry_run"}
    orders = ("created_at",)

    def refuse_large(self, request: Request) -> None:
        refuse_large(request)

    def get_queryset(self) -> QuerySet[ImportJob]:
        study = find_study(self.request.user, self.kwargs["slug"], "annotation.change_study")
        return study.import_jobs.all()

    @extend_schema(request=ImportRequestSerializer, responses={202: ImportSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Import images: a worker does it. Ask for the import at the header `Location` until its
        `state` is neither `queued` nor `running`. 409 if another import into the study is under
        way; 413 if the files are too large together."""
        study = find_study(request.user, slug, "annotation.change_study")
        data = ImportRequestSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        given: dict[str, Any] = data.validated_data
        job = request_import(
            study=study,
            actor=signed_in(request),
            manifest=given.get("manifest"),
            images=given.get("images"),
            partial=given["partial"],
            options=data.options(study),
            address=given["address"],
        )
        address = request.build_absolute_uri(reverse("api-import", args=[slug, job.pk]))
        return Response(ImportSerializer(job).data, status=202, headers={"Location": address})


class ImportDetailView(ApiView):
    @extend_schema(responses=ImportSerializer)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """One import, its progress and outcome."""
        return Response(ImportSerializer(_find(request, slug, pk)).data)


class ImportCancelView(ApiView):
    @extend_schema(request=None, responses=ImportSerializer)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Cancel an import that waits or is under way: nothing is imported. 409 if it is over."""
        job = _find(request, slug, pk)
        cancel_import(job=job, actor=signed_in(request))
        return Response(ImportSerializer(job).data)


class ImportRetryView(ApiView):
    @extend_schema(request=RetrySerializer, responses={201: ImportSerializer})
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Try a failed import, or a dry run, again with the files that it was given. 409 if they
        are gone, or another import is under way."""
        job = _find(request, slug, pk)
        data = RetrySerializer(data=request.data)
        data.is_valid(raise_exception=True)
        given: dict[str, Any] = data.validated_data
        new = retry_import(
            job=job,
            actor=signed_in(request),
            partial=given["partial"],
            mapping=None if given["mapping"] is None else from_json(given["mapping"]),
            constants=given["constants"],
            fills=given["fills"],
            dry_run=given["dry_run"],
        )
        return Response(ImportSerializer(new).data, status=201)


def _find(request: Request, slug: str, pk: int) -> ImportJob:
    study = find_study(request.user, slug, "annotation.change_study")
    return get_object_or_404(ImportJob, pk=pk, study=study)


def _notes(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    notes = [RowNote.from_json(item) for item in rows]
    return [dict(RowNoteSerializer(note).data) for note in notes]
