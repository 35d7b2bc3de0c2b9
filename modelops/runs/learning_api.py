"""The model API: what ratings have taught so far, and what more would buy."""

import math
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.opinion.comparison.bootstrap import Measure
from annotation.studies.selectors import find_study
from workbench.accounts.api_views import ApiView

from ..judging.learning_curve import Step
from ..permissions import VIEW
from ..registry.agreement import AgreementBusyError
from ..registry.selectors import version_of
from .agreement_api import MeasureSerializer
from .learning import MORE, ceiling_of, learning_of


class LearningStepSerializer(serializers.Serializer[Any]):
    """A last layer that knows the first `images` that were rated, with `ratings` in all: its SRCC
    on the hold-out, averaged over the perspectives."""

    images = serializers.IntegerField()
    ratings = serializers.IntegerField()
    srcc = MeasureSerializer()


class RatingsSerializer(serializers.Serializer[Any]):
    """A number of ratings; null where there is no such number."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class ModelLearningSerializer(serializers.Serializer[Any]):
    """`current`: whether it is of the ratings as they are, or a newer one is being computed."""

    model = serializers.IntegerField()
    current = serializers.BooleanField()
    rated = LearningStepSerializer(many=True, help_text="Images in the order of their ratings.")
    random = LearningStepSerializer(many=True, help_text="Those that audits drew at random.")
    ceiling = serializers.FloatField(
        allow_null=True,
        help_text="The SRCC of a perfect model against these labels, averaged over the "
        "perspectives; null if that of one is not known.",
    )
    more = serializers.IntegerField(help_text="Further ratings that `expected` is about.")
    expected = MeasureSerializer(
        allow_null=True, help_text="The SRCC after them; null on too few steps."
    )
    random_ratings = RatingsSerializer(
        allow_null=True,
        help_text="How many ratings of random images would have taught as much; null if unknown.",
    )


class LearningView(ApiView):
    @extend_schema(responses=ModelLearningSerializer)
    def get(self, request: Request, slug: str, number: int) -> Response:
        """What the study's ratings have taught so far, and what more of them would lead to.

        On a version's embeddings, beside random images. No steps on too few images, or where the
        server does not keep the embeddings; 503 while the first curve is computed."""
        study = find_study(request.user, slug, VIEW)
        version = version_of(study, number)
        kept = learning_of(version)
        if kept.result is None:
            raise AgreementBusyError
        found = kept.result
        answer = {
            "model": number,
            "current": kept.current,
            "rated": [_step(step) for step in found.rated.steps],
            "random": [_step(step) for step in found.random.steps],
            "ceiling": ceiling_of(version),
            "more": MORE,
            "expected": found.expected,
            "random_ratings": _finite(found.random_ratings),
        }
        return Response(ModelLearningSerializer(answer).data)


def _step(step: Step) -> dict[str, Any]:
    return {"images": step.images, "ratings": step.ratings, "srcc": step.srcc}


def _finite(needed: Measure | None) -> dict[str, float | None] | None:
    """JSON has no infinity."""
    if needed is None:
        return None
    ends = {"value": needed.value, "low": needed.low, "high": needed.high}
    return {name: it if it is not None and math.isfinite(it) else None for name, it in ends.items()}
