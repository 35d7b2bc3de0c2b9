"""The owner API: the steps of a study's set-up."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiView
from workbench.accounts.signed_in import signed_in
from workbench.core.api import ExactSerializer

from .selectors import find_study
from .setup import setup_steps, waive_step


class StepSerializer(serializers.Serializer[Any]):
    """A step takes `wanted` things, of which there are `found`; it is settled if it is done or
    waived."""

    name = serializers.CharField()
    found = serializers.IntegerField()
    wanted = serializers.IntegerField()
    done = serializers.BooleanField()
    waived = serializers.BooleanField()
    settled = serializers.BooleanField()


class WaiveSerializer(ExactSerializer):
    """Whether the study does without the step."""

    waived = serializers.BooleanField(default=True)


class StepListView(ApiView):
    @extend_schema(responses=StepSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The steps of the study's set-up, in order: what is done, and what is not."""
        study = find_study(request.user, slug, "annotation.view_study")
        return Response(StepSerializer(setup_steps(study), many=True).data)


class StepWaiveView(ApiView):
    @extend_schema(request=WaiveSerializer, responses=StepSerializer(many=True))
    def post(self, request: Request, slug: str, name: str) -> Response:
        """Do without practice, gold or the hold-out, or no longer; 400 for another step."""
        study = find_study(request.user, slug, "annotation.change_study")
        data = WaiveSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        waive_step(study=study, actor=signed_in(request), name=name, **data.validated_data)
        return Response(StepSerializer(setup_steps(study), many=True).data)
