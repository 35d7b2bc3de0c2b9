"""The model API: what the gate says of a version."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.studies.selectors import find_study
from workbench.accounts.api_views import ApiView

from ..judging.gate import FEWEST_IMAGES, Outcome, Reason
from ..permissions import VIEW
from ..registry.selectors import version_of
from ..registry.verdicts import Judged, judged
from .agreement_api import MeasureSerializer
from .verdict_words import verdict_lines


class PerspectiveChangeSerializer(serializers.Serializer[Any]):
    """One perspective. `change`: of the SRCC against the version in use, null if it is not defined.
    `covered`, `champion_covered`: the share of labels within each one's 90 % intervals."""

    perspective = serializers.CharField()
    images = serializers.IntegerField()
    change = MeasureSerializer(allow_null=True)
    covered = MeasureSerializer(allow_null=True)
    champion_covered = serializers.FloatField(allow_null=True)


class VerdictSerializer(serializers.Serializer[Any]):
    """Whether a version may take the place of the `champion`, its predictor's version in use; the
    rest is null or empty if there is none. `promote`: it may; `keep`: it has not shown that it is
    as good; `ask`: the hold-out cannot tell. `change`: of the mean SRCC, with its 95 % interval
    over draws of whole prompts; below `fewest_images` nothing is decided without a person."""

    model = serializers.IntegerField()
    champion = serializers.IntegerField(allow_null=True)
    outcome = serializers.ChoiceField([item.value for item in Outcome], allow_null=True)
    reasons = serializers.ListField(child=serializers.ChoiceField([it.value for it in Reason]))
    words = serializers.ListField(child=serializers.CharField())
    images = serializers.IntegerField()
    fewest_images = serializers.IntegerField()
    prompts = serializers.IntegerField()
    change = MeasureSerializer(allow_null=True)
    perspectives = PerspectiveChangeSerializer(many=True)


class VerdictView(ApiView):
    @extend_schema(responses=VerdictSerializer)
    def get(self, request: Request, slug: str, number: int) -> Response:
        """What the hold-out, with its labels of now, says of a version against the one in use."""
        version = version_of(find_study(request.user, slug, VIEW), number)
        found = judged(version)
        body = {
            "model": number,
            "champion": found.champion.number if found else None,
            "words": verdict_lines(version, found) if found else [],
            "fewest_images": FEWEST_IMAGES,
            **_verdict(found),
        }
        return Response(VerdictSerializer(body).data)


def _verdict(found: Judged | None) -> dict[str, Any]:
    if found is None:
        nothing: dict[str, Any] = {
            "outcome": None,
            "reasons": [],
            "change": None,
            "perspectives": [],
        }
        return nothing | {"images": 0, "prompts": 0}
    verdict = asdict(found.verdict)
    verdict["outcome"] = found.verdict.outcome.value
    verdict["reasons"] = [reason.value for reason in found.verdict.reasons]
    return verdict
