"""The owner API: studies."""

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from workbench.accounts.scopes import within_token
from workbench.accounts.signed_in import signed_in

from ..models import Study
from .selectors import find_study, listed_studies
from .serializers import StudyChangeSerializer, StudyCreateSerializer, StudySerializer
from .services import create_study, set_status, update_study


class StudyListView(generics.ListAPIView[Study]):
    """The studies that the account may see; `?archived=1`: those that were put away."""

    serializer_class = StudySerializer
    queryset = Study.objects.none()

    def get_queryset(self) -> QuerySet[Study]:
        archived = bool(self.request.query_params.get("archived"))
        listed = listed_studies(self.request.user, archived=archived)
        return within_token(self.request, listed).prefetch_related("perspectives")

    @extend_schema(request=StudyCreateSerializer, responses={201: StudySerializer})
    def post(self, request: Request) -> Response:
        """Create a draft."""
        data = StudyCreateSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        study = create_study(owner=signed_in(request), **data.validated_data)
        return Response(StudySerializer(study).data, status=201)


class StudyDetailView(APIView):
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
        return Response(StudySerializer(study).data)
