"""The owner API: studies made of dataset releases."""

from typing import Any

from django.core.validators import validate_slug
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiListView, ApiView
from workbench.accounts.signed_in import signed_in
from workbench.core.api import ExactSerializer
from workbench.core.api_shapes import UploadField
from workbench.core.room import judges_bodies

from ...models import DatasetImport
from ..imports.asking import refuse_large
from .starting import ask_for_import, cancel_import


class DatasetImportSerializer(serializers.ModelSerializer[DatasetImport]):
    """A study that is made of a dataset release. `study`: its slug, once it is there; `stage`:
    `checking` the archive against its hashes, `reading` given pictures, `writing` images with their
    ratings, `comparing` the study with the archive; `progress_done` of `progress_total` images;
    `without_file`: images whose scores do not count, without their files; `data_sha256`: of what
    was collected, the same in archive and study; `error`: why nothing was imported."""

    study = serializers.SerializerMethodField()

    class Meta:
        model = DatasetImport
        fields = (
            "id",
            "state",
            "stage",
            "progress_done",
            "progress_total",
            "error",
            "archive_name",
            "images_name",
            "study",
            "number_of_images",
            "without_file",
            "raters",
            "ratings",
            "data_sha256",
            "created_at",
            "finished_at",
        )

    def get_study(self, job: DatasetImport) -> str | None:
        return job.study.slug if job.study else None


class DatasetImportRequestSerializer(ExactSerializer):
    """The archive of a dataset release; a ZIP of pictures, if the archive has none; the study's
    slug, if it is not to be the archive's."""

    archive = UploadField(allow_empty_file=True)
    images = UploadField(required=False, allow_empty_file=True)
    slug = serializers.CharField(
        required=False, allow_blank=True, max_length=80, validators=[validate_slug]
    )


@judges_bodies
class DatasetImportListView(ApiListView[DatasetImport]):
    """The account's imports of dataset releases, newest first."""

    parser_classes = [MultiPartParser]
    serializer_class = DatasetImportSerializer
    queryset = DatasetImport.objects.none()
    filters = {"state": "state"}
    orders = ("created_at",)

    def refuse_large(self, request: Request) -> None:
        refuse_large(request)

    def get_queryset(self) -> QuerySet[DatasetImport]:
        return _own(self.request)

    @extend_schema(request=DatasetImportRequestSerializer, responses={202: DatasetImportSerializer})
    def post(self, request: Request) -> Response:
        """Make a closed study of a dataset release: a worker does it, all of it or nothing. Ask for
        the import at the header `Location` until its `state` is neither `queued` nor `running`. 409
        if the account has another one under way; 413 if the files are too large together."""
        data = DatasetImportRequestSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        given: dict[str, Any] = data.validated_data
        job = ask_for_import(actor=signed_in(request), **given)
        address = request.build_absolute_uri(reverse("api-dataset-import", args=[job.pk]))
        told = DatasetImportSerializer(job).data
        return Response(told, status=202, headers={"Location": address})


class DatasetImportDetailView(ApiView):
    @extend_schema(responses=DatasetImportSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One import, its progress and outcome."""
        return Response(DatasetImportSerializer(_find(request, pk)).data)


class DatasetImportCancelView(ApiView):
    @extend_schema(request=None, responses=DatasetImportSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Cancel an import that waits or is under way: nothing is imported. 409 if it is over."""
        job = _find(request, pk)
        cancel_import(job=job)
        return Response(DatasetImportSerializer(job).data)


def _own(request: Request) -> QuerySet[DatasetImport]:
    return DatasetImport.objects.filter(actor=signed_in(request)).select_related("study")


def _find(request: Request, pk: int) -> DatasetImport:
    return get_object_or_404(_own(request), pk=pk)
