"""The owner API: imports and what they did."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import generics, serializers

from workbench.core.problems import Problem

from ...models import ImportJob
from ...studies.selectors import find_study
from ..importing.problems import RowNote
from ..importing.remarks import Remark


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
    """An import of a manifest. `remarks`: sentences about all rows together: what was held out and
    how, which spellings are one prompt, what the model does not read. `rejected_rows` and `notes`
    are the first ones. `refusal`: why nothing could be read at all."""

    remarks = serializers.SerializerMethodField()
    rejected_rows = serializers.SerializerMethodField()
    notes = serializers.SerializerMethodField()
    refusal = serializers.SerializerMethodField()

    class Meta:
        model = ImportJob
        fields = [
            "id",
            "state",
            "manifest_name",
            "images_name",
            "purpose",
            "partial",
            "progress_done",
            "progress_total",
            "imported",
            "updated",
            "unchanged",
            "duplicates",
            "rejected",
            "remarks",
            "rejected_rows",
            "notes",
            "refusal",
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

    def get_refusal(self, job: ImportJob) -> str:
        if not job.refusal:
            return ""
        problem = Problem.from_json(job.refusal)
        return f"{problem.sentence(_)}; {problem.advice(_)}"


class ImportListView(generics.ListAPIView[ImportJob]):
    """The study's imports by the console, the newest first."""

    serializer_class = ImportSerializer
    queryset = ImportJob.objects.none()

    def get_queryset(self) -> QuerySet[ImportJob]:
        study = find_study(self.request.user, self.kwargs["slug"], "annotation.change_study")
        return study.import_jobs.all()


class ImportDetailView(generics.RetrieveAPIView[ImportJob]):
    """One import."""

    serializer_class = ImportSerializer
    queryset = ImportJob.objects.none()

    def get_object(self) -> ImportJob:
        study = find_study(self.request.user, self.kwargs["slug"], "annotation.change_study")
        return get_object_or_404(study.import_jobs, pk=self.kwargs["pk"])


def _notes(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    notes = [RowNote.from_json(item) for item in rows]
    return [dict(RowNoteSerializer(note).data) for note in notes]
