"""The owner API: methods of opinion scores, and what another one would change."""

import json
from dataclasses import asdict, fields
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiView

from ..studies.selectors import find_study
from .correlation import number
from .methods import METHODS, Method, OpinionError
from .methods.base import parameters_json
from .previewing import Preview, preview_for_readers
from .references import account_of


class OpinionMethodSerializer(serializers.Serializer[Any]):
    """A method of opinion scores; `parameters` are its names with their defaults."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # a field of that name
    version = serializers.CharField()
    citation = serializers.CharField()
    words = serializers.CharField()
    parameters = serializers.DictField()
    in_use = serializers.BooleanField()


class MovedImageSerializer(serializers.Serializer[Any]):
    """A stimulus and its score on 0…1 by both methods."""

    stimulus = serializers.IntegerField()
    old = serializers.FloatField()
    new = serializers.FloatField()


class PerspectivePreviewSerializer(serializers.Serializer[Any]):
    """What would change from one perspective, on the study's 0…1; numbers that are not defined are
    null. `far`: images whose rank changes by more than a tenth of all."""

    perspective = serializers.CharField()
    images = serializers.IntegerField()
    srcc = serializers.FloatField(allow_null=True)
    median_shift = serializers.FloatField(allow_null=True)
    largest_shift = serializers.FloatField(allow_null=True)
    moved = serializers.IntegerField()
    far = serializers.IntegerField()
    old_rejected = serializers.IntegerField()
    new_rejected = serializers.IntegerField()
    old_limits = serializers.ListField(child=serializers.FloatField())
    new_limits = serializers.ListField(child=serializers.FloatField())
    notes = serializers.ListField(child=serializers.CharField())
    movers = MovedImageSerializer(many=True)


class PreviewSerializer(serializers.Serializer[Any]):
    """What another method would change."""

    old = serializers.CharField()
    new = serializers.CharField()
    parameters = serializers.DictField()
    ratings = serializers.IntegerField()
    computed_at = serializers.DateTimeField()
    perspectives = PerspectivePreviewSerializer(many=True)


class OpinionMethodListView(ApiView):
    @extend_schema(responses=OpinionMethodSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The methods of opinion scores, and which one the study uses."""
        study = find_study(request.user, slug, "annotation.export_study")
        found = [_described(item, study.opinion_method) for item in METHODS.values()]
        return Response(OpinionMethodSerializer(found, many=True).data)


class PreviewQuerySerializer(serializers.Serializer[Any]):
    """The method's parameters."""

    parameters = serializers.CharField(
        required=False, allow_blank=True, help_text="JSON; defaults if left out."
    )


class OpinionMethodPreviewView(ApiView):
    queries = (PreviewQuerySerializer,)

    @extend_schema(
        responses={
            200: PreviewSerializer,
            202: OpenApiResponse(description="Being computed; ask again in some seconds."),
        },
    )
    def get(self, request: Request, slug: str, name: str) -> Response:
        """What the study's opinion scores would be by another method; nothing is changed. 202 while
        a worker computes it."""
        study = find_study(request.user, slug, "annotation.change_study")
        if name not in METHODS:
            raise Http404
        found = preview_for_readers(study, name, _parameters(request))
        if found is None:
            return Response({"detail": _("Being computed; ask again in some seconds.")}, status=202)
        return Response(PreviewSerializer(_shown(found)).data)


def _described(method: Method, used: str) -> dict[str, Any]:
    return {
        "name": method.name,
        "label": method.label,
        "version": method.version,
        "citation": method.citation,
        "words": account_of(method.name).words,
        "parameters": parameters_json(method.parameters()),
        "in_use": method.name == used,
    }


def _parameters(request: Request) -> dict[str, Any]:
    """Raises OpinionError if it is no JSON object."""
    try:
        found = json.loads(request.query_params.get("parameters") or "{}")
    except json.JSONDecodeError as error:
        raise OpinionError(f"parameters: {error}; give a JSON object") from error
    if not isinstance(found, dict):
        raise OpinionError("parameters: give a JSON object")
    return found


def _shown(preview: Preview) -> dict[str, Any]:
    names = ("old", "new", "parameters", "ratings", "computed_at")
    parts = []
    for part in preview.parts:
        numbers = asdict(part.differences)
        images = numbers.pop("n")
        known = {name: number(value) for name, value in numbers.items()}
        rest = {item.name: getattr(part, item.name) for item in fields(part)}
        parts.append({**rest, **known, "images": images})
    return {**{name: getattr(preview, name) for name in names}, "perspectives": parts}
