"""What the model API takes and answers."""

from typing import Any

from rest_framework import serializers

from annotation.models import Stimulus
from annotation.protocol.perspectives import PERSPECTIVES

from ..models import Assessment, ExplainingRun, ModelVersion, Question, ScoringRun, TrainingRun
from ..services.assessing import MAXIMUM_PROMPT

_JOB_FIELDS = [
    "state",
    "stage",
    "progress_done",
    "progress_total",
    "progress_percent",
    "error",
    "created_at",
    "started_at",
    "finished_at",
]


class TrainingRunSerializer(serializers.ModelSerializer[TrainingRun]):
    """A training run; `model` is the number of the version that it produced, `problems` are the
    labelled images that could not be read."""

    model = serializers.SerializerMethodField()
    snapshot = serializers.SlugRelatedField[Any](slug_field="content_sha256", read_only=True)
    progress_percent = serializers.IntegerField(read_only=True)

    class Meta:
        model = TrainingRun
        fields = [
            "id",
            "trigger",
            "promote_when_done",
            "recipe",
            "snapshot",
            "model",
            "attempts",
            "problems",
            *_JOB_FIELDS,
        ]

    def get_model(self, run: TrainingRun) -> int | None:
        version = getattr(run, "model_version", None)
        return version.number if version else None


class TrainingRequestSerializer(serializers.Serializer[Any]):
    """How to train. `settings` override those of the preset's recipe, each as `NAME=VALUE`, e.g.
    `epochs=5`."""

    promote_when_done = serializers.BooleanField(default=False)
    settings = serializers.ListField(child=serializers.CharField(), default=list)
    #: Also to explain its scores; takes longer.
    explanations = serializers.BooleanField(default=False)


class ModelVersionSerializer(serializers.ModelSerializer[ModelVersion]):
    """A version of the study's model. `metrics`: its agreement on the hold-out per perspective, and
    how its fine-tuning went, by epoch, where there was one (`training`)."""

    snapshot = serializers.SlugRelatedField[Any](slug_field="content_sha256", read_only=True)
    scored = serializers.SerializerMethodField()

    class Meta:
        model = ModelVersion
        fields = [
            "number",
            "state",
            "preset",
            "metrics",
            "explanation_metrics",
            "snapshot",
            "training_run",
            "artifact_sha256",
            "backbone_sha256",
            "scored",
            "created_at",
            "promoted_at",
        ]

    def get_scored(self, version: ModelVersion) -> bool:
        """Whether it has predicted the study's images, and so can be promoted."""
        return any(run.state == "succeeded" for run in version.scoring_runs.all())


class ScoringRunSerializer(serializers.ModelSerializer[ScoringRun]):
    """A scoring run; `problems` are the images that could not be read."""

    model = serializers.IntegerField(source="model_version.number", read_only=True)
    progress_percent = serializers.IntegerField(read_only=True)
    problems = serializers.SerializerMethodField()

    class Meta:
        model = ScoringRun
        fields = ["id", "model", "problems", *_JOB_FIELDS]

    def get_problems(self, run: ScoringRun) -> list[dict[str, Any]]:
        chunks = run.chunks.exclude(problems=[]).order_by("index")
        return [item for chunk in chunks for item in chunk.problems]


class ScoringRequestSerializer(serializers.Serializer[Any]):
    """Which version predicts the remaining images; the active one if omitted."""

    model = serializers.IntegerField(required=False, min_value=1)


class PredictedScoreSerializer(serializers.Serializer[Any]):
    """On 0…1: the expected score, and the standard deviations of what is not known about it and
    of a single rater around it."""

    mean = serializers.FloatField()
    epistemic_sd = serializers.FloatField()
    aleatoric_sd = serializers.FloatField()


class PredictionSerializer(serializers.ModelSerializer[Stimulus]):
    """The predictions of one stimulus by one version."""

    stimulus = serializers.IntegerField(source="pk")
    scores = serializers.SerializerMethodField()

    class Meta:
        model = Stimulus
        fields = ["stimulus", "filename", "split", "priority", "scores"]

    def get_scores(self, stimulus: Stimulus) -> dict[str, dict[str, float]]:
        found = {item.perspective: item for item in stimulus.of_version}  # type: ignore[attr-defined]  # prefetched
        return {
            str(name): dict(PredictedScoreSerializer(found[name]).data)
            for name in PERSPECTIVES
            if name in found
        }


class PredictionQuerySerializer(serializers.Serializer[Any]):
    """The number of the version that predicts; the active one if omitted."""

    model = serializers.IntegerField(required=False, min_value=1)


class ExplainingRunSerializer(serializers.ModelSerializer[ExplainingRun]):
    """An explaining run; `problems` are the images that could not be read."""

    model = serializers.IntegerField(source="model_version.number", read_only=True)
    progress_percent = serializers.IntegerField(read_only=True)

    class Meta:
        model = ExplainingRun
        fields = ["id", "model", "problems", *_JOB_FIELDS]


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
