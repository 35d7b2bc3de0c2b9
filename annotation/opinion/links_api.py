"""The owner API: published scores, and the links of their scales."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiView
from workbench.accounts.signed_in import signed_in
from workbench.core.api import ExactSerializer

from ..models import OpinionRelease, ScaleLink, Study
from ..studies.selectors import find_study
from .links import link_scale, published_scores, unlink_scale


class ScaleLinkSerializer(serializers.Serializer[ScaleLink]):
    """`offset + slope · score`, both on 0…1, brings the scores to the scale of `target`: another
    source, or the study's raters (empty). Fitted on `images` common images; `rmse` is the root mean
    square of what it leaves. `is_outdated`: scores have been imported since."""

    target = serializers.CharField(source="target.source", default="")
    offset = serializers.FloatField()
    slope = serializers.FloatField()
    images = serializers.IntegerField()
    rmse = serializers.FloatField()
    fitted_at = serializers.DateTimeField()


class MeetingSerializer(serializers.Serializer[Any]):
    """A source (empty: the study's raters) with scores of the same images of the pool."""

    target = serializers.CharField()
    images = serializers.IntegerField()


class PublishedScoresSerializer(serializers.Serializer[Any]):
    """What a source has published from one perspective, on which scale, and its link if an owner
    had one fitted. `meetings`: what it can be linked to."""

    source = serializers.CharField(source="release.source")  # type: ignore[assignment] # DRF: `Field.source`, which a declared field hides
    perspective = serializers.CharField()
    minimum = serializers.FloatField(source="release.minimum")
    maximum = serializers.FloatField(source="release.maximum")
    direction = serializers.ChoiceField(
        source="release.direction", choices=OpinionRelease.Direction.choices
    )
    score_kind = serializers.ChoiceField(
        source="release.score_kind", choices=OpinionRelease.ScoreKind.choices
    )
    images = serializers.IntegerField()
    link = ScaleLinkSerializer(allow_null=True)
    is_outdated = serializers.BooleanField()
    meetings = MeetingSerializer(many=True)


class LinkedScoresSerializer(ExactSerializer):
    """Which scores: a source's, from one perspective (its key)."""

    source = serializers.CharField(max_length=100)  # type: ignore[assignment] # DRF: `Field.source`, which a declared field hides
    perspective = serializers.CharField(max_length=100)


class LinkRequestSerializer(LinkedScoresSerializer):
    """`target`: another source; empty: the study's raters."""

    target = serializers.CharField(max_length=100, default="", allow_blank=True)


class ScaleLinkView(ApiView):
    @extend_schema(
        operation_id="studies_scale_links_list", responses=PublishedScoresSerializer(many=True)
    )
    def get(self, request: Request, slug: str) -> Response:
        """The study's published scores by source and perspective, and the links of their scales."""
        return Response(_listed(find_study(request.user, slug, "annotation.change_study")))

    @extend_schema(request=LinkRequestSerializer, responses=PublishedScoresSerializer(many=True))
    def post(self, request: Request, slug: str) -> Response:
        """Fit a source's scores to another scale on the images that both have scored: from then on
        labels for models use it. 409 if they have too few in common."""
        study = find_study(request.user, slug, "annotation.change_study")
        data = LinkRequestSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        link_scale(study=study, actor=signed_in(request), **data.validated_data)
        return Response(_listed(study))


class ScaleLinkRemovalView(ApiView):
    @extend_schema(request=LinkedScoresSerializer, responses=PublishedScoresSerializer(many=True))
    def post(self, request: Request, slug: str) -> Response:
        """Remove a link: the scores count as they were published. 409 if there is none."""
        study = find_study(request.user, slug, "annotation.change_study")
        data = LinkedScoresSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        unlink_scale(study=study, actor=signed_in(request), **data.validated_data)
        return Response(_listed(study))


def _listed(study: Study) -> Any:
    return PublishedScoresSerializer(published_scores(study), many=True).data
