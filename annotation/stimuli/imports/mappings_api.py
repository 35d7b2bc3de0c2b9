"""The owner API: the mappings that a study keeps."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiListView, ApiView
from workbench.accounts.signed_in import signed_in
from workbench.core.api import ExactSerializer
from workbench.core.api_shapes import DocumentField

from ...models import SavedMapping
from ...studies.selectors import find_study
from ..mapping.as_json import from_json
from .saved import delete_mapping, save_mapping, saved_mapping


class SavedMappingSerializer(serializers.ModelSerializer[SavedMapping]):
    """What the columns of a table are, under the name that an import's `mapping` takes."""

    class Meta:
        model = SavedMapping
        fields = ["name", "document", "saved_at"]


class SaveMappingSerializer(ExactSerializer):
    """`document`: a mapping, as the guide on importing describes it."""

    name = serializers.CharField(max_length=60)
    document = DocumentField()


class MappingListView(ApiListView[SavedMapping]):
    """The mappings that the study keeps, by name."""

    serializer_class = SavedMappingSerializer
    queryset = SavedMapping.objects.none()
    orders = ("name", "saved_at")

    def get_queryset(self) -> QuerySet[SavedMapping]:
        study = find_study(self.request.user, self.kwargs["slug"], "annotation.change_study")
        return study.saved_mappings.all()

    @extend_schema(request=SaveMappingSerializer, responses={201: SavedMappingSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Keep a mapping, instead of an earlier one of that name. 400 if the document is wrong, or
        the name is taken by a database's layout."""
        study = find_study(request.user, slug, "annotation.change_study")
        data = SaveMappingSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        given: dict[str, Any] = data.validated_data
        kept = save_mapping(
            study=study,
            actor=signed_in(request),
            name=given["name"],
            mapping=from_json(given["document"]),
        )
        return Response(SavedMappingSerializer(kept).data, status=201)


class MappingDetailView(ApiView):
    @extend_schema(responses=SavedMappingSerializer)
    def get(self, request: Request, slug: str, name: str) -> Response:
        """One mapping that the study keeps."""
        study = find_study(request.user, slug, "annotation.change_study")
        return Response(SavedMappingSerializer(saved_mapping(study, name)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, name: str) -> Response:
        """Delete a mapping. Imports that used it keep what it said."""
        study = find_study(request.user, slug, "annotation.change_study")
        delete_mapping(study=study, actor=signed_in(request), name=name)
        return Response(status=204)
