"""The model API: whether a version's uncertainties are true."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.studies.selectors import find_study
from workbench.accounts.api_views import ApiView

from ..permissions import VIEW
from ..registry.calibrated import FEWEST, Calibrated, calibrated
from ..registry.selectors import version_of


class CoverageSerializer(serializers.Serializer[Any]):
    """Which share of labels intervals hold: `level` is what they should, `observed` what they do,
    with the ends of its 95 % interval."""

    level = serializers.FloatField()
    observed = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class PerspectiveCalibrationSerializer(serializers.Serializer[Any]):
    """One perspective."""

    perspective = serializers.CharField()
    images = serializers.IntegerField(help_text="Hold-out images that are rated and predicted.")
    coverages = CoverageSerializer(many=True, help_text=f"None on fewer than {FEWEST} images.")
    ence = serializers.FloatField(
        allow_null=True,
        help_text="Expected normalised calibration error: how far predicted standard deviations "
        "are from the errors, as a share of them, over bins of images; null on too few of them.",
    )


class ModelCalibrationSerializer(serializers.Serializer[Any]):
    model = serializers.IntegerField()
    perspectives = PerspectiveCalibrationSerializer(many=True)


class CalibrationView(ApiView):
    @extend_schema(responses=ModelCalibrationSerializer)
    def get(self, request: Request, slug: str, number: int) -> Response:
        """Whether a version's uncertainties are true, on hold-out images and their labels of now:
        how many labels its intervals hold at ten levels, and the ENCE (Levi et al., 2022,
        Sensors 22(15), 5540)."""
        study = find_study(request.user, slug, VIEW)
        found = calibrated(version_of(study, number))
        rows = [
            _row(asked.key, found[asked.key])
            for asked in study.perspective_settings
            if asked.key in found
        ]
        answer = {"model": number, "perspectives": rows}
        return Response(ModelCalibrationSerializer(answer).data)


def _row(perspective: str, found: Calibrated) -> dict[str, Any]:
    return {
        "perspective": perspective,
        "images": found.n,
        "coverages": found.coverages,
        "ence": found.ence,
    }
