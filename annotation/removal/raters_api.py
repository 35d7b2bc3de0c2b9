"""The owner API: erasing a rater."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiView
from workbench.accounts.signed_in import signed_in
from workbench.core.api import ExactSerializer

from ..models import Rater, Study
from ..studies.selectors import find_study
from .erasing import ErasureOutlook, erase_rater, erasure_outlook


class HeldByReleaseSerializer(serializers.Serializer[object]):
    """A kept release and how many of the rater's ratings it was made of, at most."""

    number = serializers.IntegerField()
    name = serializers.CharField()
    state = serializers.CharField()
    ratings = serializers.IntegerField()


class ErasureOutlookSerializer(serializers.Serializer[ErasureOutlook]):
    """What erasing a rater would do: what they have given, and which kept releases have it."""

    ratings = serializers.IntegerField()
    scores = serializers.IntegerField()
    messages = serializers.IntegerField()
    known = serializers.BooleanField(help_text="Whether a name, address or number is known.")
    drops = serializers.BooleanField(help_text="Whether the study promises to delete ratings.")
    releases = HeldByReleaseSerializer(many=True)

    def to_representation(self, instance: ErasureOutlook) -> dict[str, object]:
        releases = [
            {"number": item.number, "name": item.name, "state": item.state, "ratings": number}
            for item, number in instance.releases
        ]
        plain = ("ratings", "scores", "messages", "known", "drops")
        return {**{name: getattr(instance, name) for name in plain}, "releases": releases}


class ErasureSerializer(ExactSerializer):
    """What becomes of the ratings; left out: what the study promises."""

    ratings = serializers.ChoiceField(choices=Study.ErasedRatings.choices, required=False)


class ErasedSerializer(serializers.Serializer[object]):
    """The new code under which something of the rater is kept; null if nothing is."""

    code = serializers.CharField(allow_null=True)


class ErasureView(ApiView):
    @extend_schema(responses=ErasureOutlookSerializer)
    def get(self, request: Request, slug: str, code: str) -> Response:
        """What erasing a rater would do; nothing is changed."""
        return Response(ErasureOutlookSerializer(erasure_outlook(_find(request, slug, code))).data)

    @extend_schema(request=ErasureSerializer, responses=ErasedSerializer)
    def post(self, request: Request, slug: str, code: str) -> Response:
        """Erase who a rater is, and their ratings too if that is wished for. It cannot be undone;
        kept releases keep their numbers, and say that ratings are gone."""
        rater = _find(request, slug, code)
        data = ErasureSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        left = erase_rater(rater=rater, actor=signed_in(request), **data.validated_data)
        return Response({"code": left.code if left else None})


def _find(request: Request, slug: str, code: str) -> Rater:
    study = find_study(request.user, slug, "annotation.change_study")
    return get_object_or_404(Rater, study=study, code=code)
