"""What the part of the model API that explains takes and answers."""

from typing import Any

from rest_framework import serializers

from annotation.models import Stimulus

from ..models import Assessment, ExplainingRun, Question
from ..registry.serializers import JOB_FIELDS, PredictionQuerySerializer
from .assessing import MAXIMUM_PROMPT


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
    """What one version answers about one stimulus, by question."""

    stimulus = serializers.IntegerField(source="pk")
    explanations = serializers.SerializerMethodField()

    class Meta:
        model = Stimulus
        fields = ["stimulus", "filename", "split", "explanations"]

    def get_explanations(self, stimulus: Stimulus) -> dict[str, dict[str, Any]]:
        found = {item.question: item for item in stimulus.explained}  # type: ignore[attr-defined]  # prefetched
        return {
            name: dict(ExplainedAnswerSerializer(found[name]).data)
            for name in Question.values
            if name in found
        }


class ExplanationQuerySerializer(PredictionQuerySerializer):
    """The version that explains, and optionally the id of a single stimulus."""

    stimulus = serializers.IntegerField(required=False, min_value=1)


class AssessmentRequestSerializer(serializers.Serializer[Any]):
    """One image (JPEG, PNG or WebP), the prompt that it was made from, the version to assess it
    (the active one if omitted), and the questions to answer (all if omitted)."""

    image = serializers.FileField()
    prompt = serializers.CharField(max_length=MAXIMUM_PROMPT, allow_blank=True)
    model = serializers.IntegerField(required=False, min_value=1)
    questions = serializers.MultipleChoiceField(choices=Question.choices, required=False)


class AssessmentSerializer(serializers.ModelSerializer[Assessment]):
    """Scores on 0…1 with their standard deviations, and explanations where the version gives
    them; both empty until `state` is `succeeded`."""

    model = serializers.IntegerField(source="model_version.number", read_only=True)
    scores = serializers.SerializerMethodField()
    explanations = serializers.SerializerMethodField()

    class Meta:
        model = Assessment
        fields = ["id", "model", "state", "error", "prompt", "scores", "explanations", "created_at"]

    def get_scores(self, assessment: Assessment) -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = assessment.result.get("scores", {})
        return found

    def get_explanations(self, assessment: Assessment) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = assessment.result.get("explanations", {})
        return found
