"""What the model API takes and answers."""

from typing import Any

from rest_framework import serializers

from annotation.models import Stimulus
from annotation.protocol.perspectives import PERSPECTIVES

from ..models import ModelVersion, ScoringRun, TrainingRun
from ..registry.serializers import JOB_FIELDS


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
            *JOB_FIELDS,
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
        fields = ["id", "model", "problems", *JOB_FIELDS]

    def get_problems(self, run: ScoringRun) -> list[dict[str, Any]]:
        chunks = run.chunks.exclude(problems=[]).order_by("index")
        return [item for chunk in chunks for item in chunk.problems]


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
