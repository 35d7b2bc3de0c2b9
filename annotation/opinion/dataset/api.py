"""The owner API: dataset releases."""

from datetime import timedelta
from typing import Any

from django.core.files.storage import FileSystemStorage, storages
from django.db.models import QuerySet
from django.http import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiListView, ApiView
from workbench.accounts.models import TokenScope, User
from workbench.accounts.signed_in import signed_in
from workbench.core.api import ExactSerializer
from workbench.core.ranges import download
from workbench.core.room import streams

from ...models import AuditEntry, DatasetRelease, Study
from ...studies.audit import record
from ...studies.selectors import find_study
from .asking import ask_for_dataset, cancel_dataset, described

ZIP = "application/zip"
DOWNLOADED = "dataset.downloaded"
#: Requests of one account for one archive within this time are parts of one download.
_ONE_DOWNLOAD = timedelta(hours=1)


class DatasetSerializer(serializers.ModelSerializer[DatasetRelease]):
    """A dataset release. `release`: number of the release of opinion scores that it is of;
    `progress_done` of `progress_total` pictures; `content_sha256`: the SHA-256 of the list of its
    files' hashes, which is what a paper names; `error`: why it could not be made."""

    release = serializers.IntegerField(source="release.number")

    class Meta:
        model = DatasetRelease
        fields = (
            "number",
            "version",
            "release",
            "described",
            "pictures",
            "state",
            "stage",
            "progress_done",
            "progress_total",
            "error",
            "size",
            "archive_sha256",
            "content_sha256",
            "created_at",
            "finished_at",
        )


class DatasetRequestSerializer(ExactSerializer):
    """What is to be made. `release`: number of a named release of opinion scores; `licence`: an
    identifier of SPDX's list or an address; `creators`: each `Family, Given` or the name of a
    group; `setting`: where people rated, in a laboratory, by a crowd…; `answers`: to the questions
    about responsible use, by Croissant's names for them; `pictures`: whether they are included, not
    their hashes alone."""

    release = serializers.IntegerField(min_value=1)
    title = serializers.CharField(max_length=200)
    licence = serializers.CharField(max_length=200)
    creators = serializers.ListField(child=serializers.CharField(max_length=200), min_length=1)
    description = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    setting = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    answers = serializers.DictField(child=serializers.CharField(allow_blank=True), default=dict)
    pictures = serializers.BooleanField(default=True)


class DatasetListView(ApiListView[DatasetRelease]):
    """The study's dataset releases, newest first."""

    queryset = DatasetRelease.objects.none()
    serializer_class = DatasetSerializer
    filters = {"state": "state", "release": "release__number"}
    orders = ("number", "created_at")

    def get_queryset(self) -> QuerySet[DatasetRelease]:
        study = find_study(self.request.user, self.kwargs["slug"], "annotation.export_study")
        return study.datasets.select_related("release")

    @extend_schema(request=DatasetRequestSerializer, responses={202: DatasetSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Have a dataset release made. 409 while another one is being made."""
        study = find_study(request.user, slug, "annotation.change_study")
        asked = DatasetRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given: dict[str, Any] = asked.validated_data
        job = ask_for_dataset(
            study=study,
            actor=signed_in(request),
            number=given["release"],
            said=described(given),
            pictures=given["pictures"],
            address=request.build_absolute_uri(study.get_absolute_url()),
        )
        return Response(DatasetSerializer(job).data, status=202)


class DatasetDetailView(ApiView):
    @extend_schema(responses=DatasetSerializer)
    def get(self, request: Request, slug: str, number: int) -> Response:
        """One dataset release, its progress and hashes."""
        study = find_study(request.user, slug, "annotation.export_study")
        return Response(DatasetSerializer(get_object_or_404(study.datasets, number=number)).data)


class DatasetCancelView(ApiView):
    @extend_schema(request=None, responses=DatasetSerializer)
    def post(self, request: Request, slug: str, number: int) -> Response:
        """Stop one that waits or is being made. 409 if it is over."""
        study = find_study(request.user, slug, "annotation.change_study")
        job = get_object_or_404(study.datasets.select_related("release"), number=number)
        cancel_dataset(job=job, actor=signed_in(request))
        return Response(DatasetSerializer(job).data)


@streams
class DatasetArchiveView(ApiView):
    token_scope = TokenScope.EXPORT

    @extend_schema(
        responses={
            (200, ZIP): OpenApiTypes.BINARY,
            (206, ZIP): OpenApiTypes.BINARY,
            302: None,
            416: None,
        }
    )
    def get(self, request: Request, slug: str, number: int) -> HttpResponseBase:
        """The archive of a dataset release, or the part that `Range` asks for. From a bucket, by
        its signed address."""
        study = find_study(request.user, slug, "annotation.export_study")
        found = get_object_or_404(study.datasets.exclude(archive=""), number=number)
        _record_once(study, signed_in(request), found.version)
        storage = storages["artifacts"]
        if not isinstance(storage, FileSystemStorage):
            return HttpResponseRedirect(storage.url(found.archive))
        return download(
            request._request,
            storage.open(found.archive),
            size=found.size,
            etag=found.archive_sha256,
            name=f"{found}.zip",
            content_type=ZIP,
        )


def _record_once(study: Study, actor: User, version: str) -> None:
    """What goes on, or comes in several parts, is one download."""
    lately = AuditEntry.objects.filter(
        study=study,
        actor=actor,
        action=DOWNLOADED,
        detail__version=version,
        created_at__gte=timezone.now() - _ONE_DOWNLOAD,
    )
    if not lately.exists():
        record(study=study, actor=actor, action=DOWNLOADED, version=version)
