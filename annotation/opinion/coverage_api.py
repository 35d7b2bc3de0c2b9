"""The owner API: how many images have how many ratings."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiView
from workbench.core.room import heavy

from ..models.stimulus import SPLITS
from ..studies.selectors import find_study
from .coverage import coverage_of


class SplitCoverageSerializer(serializers.Serializer[Any]):
    """How many main images of a split have how many ratings that count. `images`: how many have
    none, one, two …; `complete`: how many have all that are `wanted`; `useful`: `ratings` without
    those beyond what an image wants."""

    split = serializers.ChoiceField(choices=SPLITS)
    images = serializers.ListField(child=serializers.IntegerField(min_value=0))
    complete = serializers.IntegerField(min_value=0)
    ratings = serializers.IntegerField(min_value=0)
    useful = serializers.IntegerField(min_value=0)
    wanted = serializers.IntegerField(min_value=0)


@heavy
class CoverageView(ApiView):
    @extend_schema(
        operation_id="studies_coverage_list", responses=SplitCoverageSerializer(many=True)
    )
    def get(self, request: Request, slug: str) -> Response:
        """How many images have how many ratings, in the pool and in the hold-out."""
        study = find_study(request.user, slug, "annotation.change_study")
        found: Any = coverage_of(study)
        return Response(SplitCoverageSerializer(found, many=True).data)
