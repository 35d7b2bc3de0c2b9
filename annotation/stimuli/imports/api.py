"""The owner API: imports asked for in the console."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from workbench.accounts.signed_in import signed_in
from workbench.core.api import ExactSerializer
from workbench.core.problems import Problem

from ...models import ImportJob
from ...studies.selectors import find_study
from .again import Mapped, cancel_import, retry_import


class ImportSerializer(serializers.ModelSerializer[ImportJob]):
    """An import and its outcome. `files_kept`: whether it can be tried again without sending its
    files; `refusal`: why it was refused as a whole."""

    files_kept = serializers.SerializerMethodField()
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
            "column_names",
            "column_values",
            "progress_done",
            "progress_total",
            "imported",
            "updated",
            "unchanged",
            "duplicates",
            "rejected",
            "refusal",
            "files_kept",
            "created_at",
            "finished_at",
        ]

    def get_files_kept(self, job: ImportJob) -> bool:
        return bool(job.manifest)

    def get_refusal(self, job: ImportJob) -> str:
        problem = Problem.from_json(job.refusal) if job.refusal else None
        return f"{problem.sentence(_)}; {problem.advice(_)}" if problem else ""


class RetrySerializer(ExactSerializer):
    """How to try it again. `columns`: what the manifest's columns `filename`, `prompt` and
    `generator` are called in the file; `constants`: a prompt or generator that all rows have."""

    partial = serializers.BooleanField(default=False)  # type: ignore[assignment] # DRF: a field of its own
    columns = serializers.DictField(child=serializers.CharField(max_length=300), default=dict)
    constants = serializers.DictField(child=serializers.CharField(max_length=300), default=dict)


class ImportListView(generics.ListAPIView[ImportJob]):
    """The study's imports from the console, newest first."""

    serializer_class = ImportSerializer
    queryset = ImportJob.objects.none()

    def get_queryset(self) -> QuerySet[ImportJob]:
        study = find_study(self.request.user, self.kwargs["slug"], "annotation.change_study")
        return study.import_jobs.all()


class ImportDetailView(APIView):
    @extend_schema(responses=ImportSerializer)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """One import, its progress and outcome."""
        return Response(ImportSerializer(_find(request, slug, pk)).data)


class ImportCancelView(APIView):
    @extend_schema(request=None, responses=ImportSerializer)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Cancel an import that waits or is under way: nothing is imported. 409 if it is over."""
        job = _find(request, slug, pk)
        cancel_import(job=job, actor=signed_in(request))
        return Response(ImportSerializer(job).data)


class ImportRetryView(APIView):
    @extend_schema(request=RetrySerializer, responses={201: ImportSerializer})
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Try a failed import again with the files that it was given. 409 if they are gone, or
        another import is under way."""
        job = _find(request, slug, pk)
        data = RetrySerializer(data=request.data)
        data.is_valid(raise_exception=True)
        given: dict[str, Any] = data.validated_data
        new = retry_import(
            job=job,
            actor=signed_in(request),
            partial=given["partial"],
            mapped=Mapped(given["columns"], given["constants"]),
        )
        return Response(ImportSerializer(new).data, status=201)


def _find(request: Request, slug: str, pk: int) -> ImportJob:
    study = find_study(request.user, slug, "annotation.change_study")
    return get_object_or_404(ImportJob, pk=pk, study=study)
