"""Requests and responses of the API of explanations."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework import serializers

from annotation.models import Stimulus
from annotation.protocol.perspectives import ALL_TOGETHER
from workbench.core.api import ExactSerializer

from ..models import Assessment, ExplainingRun
from ..registry.serializers import JOB_FIELDS, PredictionQuerySerializer
from .assessing import MAXIMUM_PROMPT
from .selectors import questions_of


class ExplainingRunSerializer(serializers.ModelSerializer[ExplainingRun]):
    """An explaining run; `problems` are the images that could not be read."""

    model = serializers.IntegerField(source="model_version.number", read_only=True)
    progress_percent = serializers.IntegerField(read_only=True)

    class Meta:
        model = ExplainingRun
        fields = ["id", "model", "problems", *JOB_FIELDS]


class ExplainedAnswerSerializer(serializers.Serializer[Any]):
    """The answer in words, and the closed answers (form field key → level) that it words."""

    text = serializers.CharField()
    phrases = serializers.DictField(child=serializers.IntegerField())


class PredictedExplanationSerializer(serializers.ModelSerializer[Stimulus]):
    """What one version answers about one stimulus, by perspective and `overall`."""

    stimulus = serializers.IntegerField(source="pk")
    explanations = serializers.SerializerMethodField()

    class Meta:
        model = Stimulus
        fields = ["stimulus", "filename", "split", "explanations"]

    def get_explanations(self, stimulus: Stimulus) -> dict[str, dict[str, Any]]:
        return {
            item.perspective.key if item.perspective else ALL_TOGETHER: dict(
                ExplainedAnswerSerializer(item).data
            )
            for item in stimulus.explained  # type: ignore[attr-defined]  # prefetched
        }


class ExplanationQuerySerializer(PredictionQuerySerializer):
    """The version whose explanations are listed; with a stimulus's id, only its own."""

    stimulus = serializers.IntegerField(required=False, min_value=1)


class AssessmentRequestSerializer(ExactSerializer):
    """One image (JPEG, PNG or WebP), the prompt it was made from, the version to assess it with
    (the active one by default), and the questions to answer: keys of perspectives, and `overall`
    for all of them together (every question by default)."""

    image = serializers.FileField()
    prompt = serializers.CharField(max_length=MAXIMUM_PROMPT, allow_blank=True)
    model = serializers.IntegerField(required=False, min_value=1)
    questions = serializers.ListField(child=serializers.CharField(), required=False)

    def validate_questions(self, keys: list[str]) -> list[str]:
        """Those of `context["study"]` only."""
        known = [*questions_of(self.context["study"]).texts]
        unknown = [key for key in keys if key not in known]
        if unknown:
            raise serializers.ValidationError(
                _("The study has no question %(unknown)s; it has %(known)s.")
                % {"unknown": ", ".join(unknown), "known": ", ".join(known)}
            )
        return keys


class AssessmentSerializer(serializers.ModelSerializer[Assessment]):
    """Scores with their standard deviations, each on its perspective's scale of `minimum` to
    `maximum`, and explanations if the version gives
    them; both empty until `state` is `succeeded`."""

    url = serializers.SerializerMethodField(help_text="Where the result can be asked for.")
    model = serializers.IntegerField(source="model_version.number", read_only=True)
    scores = serializers.SerializerMethodField()
    explanations = serializers.SerializerMethodField()

    class Meta:
        model = Assessment
        fields = [
            "id",
            "url",
            "model",
            "state",
            "error",
            "prompt",
            "scores",
            "explanations",
            "created_at",
        ]

    def get_url(self, assessment: Assessment) -> str:
        path = reverse("api-assessment", args=[assessment.study.slug, assessment.pk])
        return str(self.context["request"].build_absolute_uri(path))

    def get_scores(self, assessment: Assessment) -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = assessment.result.get("scores", {})
        return found

    def get_explanations(self, assessment: Assessment) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = assessment.result.get("explanations", {})
        return found
