"""The model API: what raters are given next, and why."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.rating.upcoming import LONGEST, Reason, queue_of, wanted_of
from annotation.studies.selectors import find_study
from workbench.accounts.api_views import ApiView

from ..permissions import VIEW
from .queue import QueuedImage, queued_images

_USUAL = 100


class QueueQuerySerializer(serializers.Serializer[Any]):
    """How much of the queue is told."""

    limit = serializers.IntegerField(
        min_value=1, max_value=LONGEST, default=_USUAL, help_text="Images, from the first one on."
    )


class QueuedExpectationSerializer(serializers.Serializer[Any]):
    """What the model in use expects, on the perspective’s scale, and how far it may be off."""

    mean = serializers.FloatField()
    sd = serializers.FloatField()
    model = serializers.IntegerField(source="knowledge.version")


class QueuedImageSerializer(serializers.Serializer[Any]):
    """An image, its place, and why it stands there. `half_width`: half of the widest of its 95 %
    intervals, as a share of the scale; null without one. `expected`: by perspective."""

    place = serializers.IntegerField()
    stimulus = serializers.IntegerField()
    filename = serializers.CharField()
    reason = serializers.ChoiceField([item.value for item in Reason])
    words = serializers.CharField()
    ratings = serializers.IntegerField(help_text="Given or under way.")
    wanted = serializers.IntegerField()
    priority = serializers.FloatField()
    half_width = serializers.FloatField(allow_null=True)
    expected = serializers.DictField(child=QueuedExpectationSerializer())


class WantedRatingsSerializer(serializers.Serializer[Any]):
    """Images of the pool and of the hold-out that want a rating, and the ratings that they want."""

    pool = serializers.IntegerField()
    holdout = serializers.IntegerField()
    ratings = serializers.IntegerField()


class NextRatingsSerializer(serializers.Serializer[Any]):
    """`open`: whether raters are given images now. `pool_closed`: whether a model rates the rest
    of the pool."""

    open = serializers.BooleanField()
    pool_closed = serializers.BooleanField()
    wanted = WantedRatingsSerializer()
    images = QueuedImageSerializer(many=True)


class QueueView(ApiView):
    queries = (QueueQuerySerializer,)

    @extend_schema(responses=NextRatingsSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """What raters are given next, and why.

        The images that a rater who has met none would be given, in this order. Raters get those
        of them that they have not met, and each session draws again which trial is of which kind.
        """
        study = find_study(request.user, slug, VIEW)
        asked = QueueQuerySerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        picks = queue_of(study, asked.validated_data["limit"])
        found = {
            "open": study.status == study.Status.OPEN,
            "pool_closed": study.pool_closed,
            "wanted": wanted_of(study),
            "images": [_image(item) for item in queued_images(study, picks)],
        }
        return Response(NextRatingsSerializer(found).data)


def _image(item: QueuedImage) -> dict[str, Any]:
    image, of = item.stimulus, item.upcoming
    return {
        "place": of.place,
        "stimulus": image.pk,
        "filename": image.filename,
        "reason": of.reason.value,
        "words": item.words,
        "ratings": image.claimed_ratings,
        "wanted": image.wanted_ratings,
        "priority": image.priority,
        "half_width": of.half_width,
        "expected": item.expected,
    }
