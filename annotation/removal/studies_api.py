"""The owner API: archiving, duplicating and deleting studies."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiView
from workbench.accounts.signed_in import signed_in
from workbench.core.api import ExactSerializer

from ..studies.selectors import find_study
from ..studies.serializers import StudySerializer
from .archiving import archive_study, bring_back_study
from .deleting import DeletionOutlook, delete_study, deletion_outlook
from .duplicating import duplicate_study


class DuplicateSerializer(ExactSerializer):
    """The new study's title, its slug (made from the title if it is left out), and whether the
    images in use come with it."""

    title = serializers.CharField(max_length=200)
    slug = serializers.SlugField(max_length=80, required=False)
    images = serializers.BooleanField(default=False)


class DeletionSerializer(ExactSerializer):
    """The study's slug once more, so that no study is deleted by mistake."""

    confirm = serializers.CharField()


class DeletionOutlookSerializer(serializers.Serializer[DeletionOutlook]):
    """What goes with a study; `others`: models and what belongs to them."""

    images = serializers.IntegerField()
    files = serializers.IntegerField()
    raters = serializers.IntegerField()
    ratings = serializers.IntegerField()
    releases = serializers.ListField(child=serializers.CharField())
    others = serializers.DictField(child=serializers.IntegerField())


class ArchiveView(ApiView):
    @extend_schema(request=None, responses=StudySerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Put the study away: in no list, shown to no rater, nothing deleted."""
        study = find_study(request.user, slug, "annotation.change_study")
        archive_study(study=study, actor=signed_in(request))
        return Response(StudySerializer(study).data)

    @extend_schema(responses={200: StudySerializer})
    def delete(self, request: Request, slug: str) -> Response:
        """Bring an archived study back; one that was open comes back paused."""
        study = find_study(request.user, slug, "annotation.change_study")
        bring_back_study(study=study, actor=signed_in(request))
        return Response(StudySerializer(study).data)


class DuplicateView(ApiView):
    @extend_schema(request=DuplicateSerializer, responses={201: StudySerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Make another study like this one, a draft of yours, without raters and ratings."""
        study = find_study(request.user, slug, "annotation.change_study")
        data = DuplicateSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        new = duplicate_study(study=study, owner=signed_in(request), **data.validated_data)
        return Response(StudySerializer(new).data, status=201)


class DeletionView(ApiView):
    @extend_schema(responses=DeletionOutlookSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """What would go with the study; nothing is changed."""
        study = find_study(request.user, slug, "annotation.delete_study")
        return Response(DeletionOutlookSerializer(deletion_outlook(study)).data)

    @extend_schema(request=DeletionSerializer, responses={202: None, 204: None})
    def post(self, request: Request, slug: str) -> Response:
        """Delete the study for good. 204: it is gone; 202: it can be found no more, and a worker
        deletes it. With named releases only its owner may."""
        study = find_study(request.user, slug, "annotation.delete_study")
        data = DeletionSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        gone = delete_study(study=study, actor=signed_in(request), **data.validated_data)
        return Response(status=204 if gone else 202)
