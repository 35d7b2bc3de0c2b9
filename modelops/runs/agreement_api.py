"""The model API: how well a version predicts people."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.opinion.comparison.ceiling import NoiseCeiling
from annotation.opinion.comparison.mapping import Mapping
from annotation.opinion.comparison.prediction import PredictionComparison
from annotation.protocol.perspectives import PerspectiveSettings
from annotation.studies.selectors import find_study
from workbench.accounts.api_views import ApiView
from workbench.core.room import heavy

from ..permissions import VIEW
from ..registry.agreement import (
    AgreementBusyError,
    NamedMeasure,
    PerspectiveAgreement,
    agreement_of,
    measures_of,
)
from ..registry.ceiling import noise_ceilings
from ..registry.selectors import version_of


class MeasureSerializer(serializers.Serializer[Any]):
    """A value and the ends of its 95 % interval, over draws of whole prompts; null with fewer than
    four prompts, or without one."""

    value = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class NamedMeasureSerializer(serializers.Serializer[Any]):
    """One measure. `measure` is null if it is not defined on these images; `ceiling` is what a
    perfect predictor would reach against these labels, null if not known."""

    name = serializers.CharField(
        help_text="srcc, srcc_within_generator, srcc_within_prompt, krcc, plcc, rmse; plcc, rmse, "
        "rmse_star and outlier_ratio with _logistic or _cubic, the mapping that came before; "
        "auc_different and auc_better. Errors are on the perspective’s scale."
    )
    measure = MeasureSerializer(allow_null=True)
    ceiling = MeasureSerializer(allow_null=True)


class MappingSerializer(serializers.Serializer[Any]):
    """A mapping of predictions onto the labels' scale: β₁…β₄ of the logistic, or a…d of the cubic
    of predictions brought onto −1…1."""

    name = serializers.CharField()
    parameters = serializers.ListField(child=serializers.FloatField(), min_length=4, max_length=4)


class GeneratorAgreementSerializer(serializers.Serializer[Any]):
    """One generator's images; `srcc` is null with fewer than three, or if all are alike."""

    generator = serializers.CharField(source="name")
    images = serializers.IntegerField()
    srcc = MeasureSerializer(allow_null=True)


class PerspectiveAgreementSerializer(serializers.Serializer[Any]):
    """One perspective, on its scale of `minimum` to `maximum`; without measures on fewer than three
    images. `between_halves`: mean PLCC of the means of two halves of the people."""

    perspective = serializers.CharField()
    minimum = serializers.FloatField()
    maximum = serializers.FloatField()
    images = serializers.IntegerField(help_text="Hold-out images that are rated and predicted.")
    prompts = serializers.IntegerField()
    measures = NamedMeasureSerializer(many=True)
    mappings = MappingSerializer(many=True)
    generators = GeneratorAgreementSerializer(many=True)
    between_halves = MeasureSerializer(allow_null=True)


class ModelAgreementSerializer(serializers.Serializer[Any]):
    """How well a version predicts people. `current`: whether it is of the data as they are, or
    newer measures are being computed."""

    model = serializers.IntegerField()
    current = serializers.BooleanField()
    citation = serializers.CharField()
    perspectives = PerspectiveAgreementSerializer(many=True)


@heavy
class AgreementView(ApiView):
    @extend_schema(responses=ModelAgreementSerializer)
    def get(self, request: Request, slug: str, number: int) -> Response:
        """How well a version predicts people, on hold-out images and their labels of now: every
        measure with its 95 % interval and the noise ceiling. 503 while the first ones are
        computed."""
        study = find_study(request.user, slug, VIEW)
        version = version_of(study, number)
        kept = agreement_of(version)
        if kept.result is None:
            raise AgreementBusyError
        ceilings = noise_ceilings(study)
        found = {
            "model": number,
            "current": kept.current,
            "citation": PredictionComparison.citation,
            "perspectives": [
                _perspective(asked, kept.result.get(asked.key), ceilings.get(asked.key))
                for asked in study.perspective_settings
            ],
        }
        return Response(ModelAgreementSerializer(found).data)


def _perspective(
    asked: PerspectiveSettings, found: PerspectiveAgreement | None, ceiling: NoiseCeiling | None
) -> dict[str, Any]:
    of = found.measures if found else None
    mapped = [part.mapping for part in (of.logistic, of.cubic) if part] if of else []
    return {
        "perspective": asked.key,
        "minimum": asked.scale.minimum,
        "maximum": asked.scale.maximum,
        "images": of.images if of else 0,
        "prompts": of.prompts if of else 0,
        "measures": [_measure(item) for item in measures_of(of, ceiling)] if of else [],
        "mappings": [_mapping(item) for item in mapped],
        "generators": found.generators if found else [],
        "between_halves": ceiling.between_halves if ceiling else None,
    }


def _measure(item: NamedMeasure) -> dict[str, Any]:
    return {
        "name": item.name,
        "measure": asdict(item.measure) if item.measure else None,
        "ceiling": asdict(item.ceiling) if item.ceiling else None,
    }


def _mapping(item: Mapping) -> dict[str, Any]:
    return {"name": item.name, "parameters": item.parameters}
