"""The owner API: studies."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiListView, ApiView
from workbench.accounts.scopes import within_token
from workbench.accounts.signed_in import signed_in

from ..models import Study
from .selectors import find_study, listed_studies
from .serializers import StudyChangeSerializer, StudyCreateSerializer, StudySerializer
from .services import create_study, set_status, update_study


class StudyQuerySerializer(serializers.Serializer[Any]):
    """Which studies."""

    archived = serializers.BooleanField(default=False, help_text="Those that were put away.")


class StudyListView(ApiListView[Study]):
    """The studies that the account may see, the newest first."""

    serializer_class = StudySerializer
    queryset = Study.objects.none()
    queries = (StudyQuerySerializer,)
    filters = {"status": "status", "title": "title__icontains", "since": "created_at__gte"}
    orders = ("created_at", "title", "slug")

    def get_queryset(self) -> QuerySet[Study]:
        asked = StudyQuerySerializer(data=self.request.query_params.dict())
        asked.is_valid(raise_exception=True)
        listed = listed_studies(self.request.user, archived=asked.validated_data["archived"])
        return within_token(self.request, listed).prefetch_related("perspectives")

    @extend_schema(request=StudyCreateSerializer, responses={201: StudySerializer})
    def post(self, request: Request) -> Response:
        """Create a draft."""
        data = StudyCreateSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        study = create_study(owner=signed_in(request), **data.chosen())
        return Response(StudySerializer(study).data, status=201)


class StudyDetailView(ApiView):
    def lock(self, **kwargs: Any) -> None:
        list(Study.objects.select_for_update(no_key=True).filter(slug=kwargs["slug"]))

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
        # As it is read: the database keeps the parts of a setting in an order of its own.
        return self.get(request, slug)
