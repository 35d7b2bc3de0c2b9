"""What all parts of the model API share."""

from typing import Any

from rest_framework import serializers

from workbench.core.api import ExactSerializer
from workbench.core.jobs.history import Event
from workbench.core.retelling import retold

#: Of every job.
JOB_FIELDS = [
    "state",
    "stage",
    "progress_done",
    "progress_total",
    "progress_percent",
    "error",
    "history",
    "created_at",
    "started_at",
    "finished_at",
]


class HistoryEntrySerializer(serializers.Serializer[dict[str, str]]):
    """What happened to a job, and when. `stage`: the step that began, if the event is `stage`."""

    at = serializers.DateTimeField()
    event = serializers.ChoiceField(choices=Event.choices)
    stage = serializers.CharField(required=False)


class JobErrorMixin:
    """A job's `error` in the language of the request."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().to_representation(instance)  # type: ignore[misc]
        # Whoever asks for some fields may not ask for this one.
        return found | {"error": retold(found["error"])} if "error" in found else found


class ScoringRequestSerializer(ExactSerializer):
    """Which version predicts the remaining images; the active one if omitted."""

    model = serializers.IntegerField(required=False, min_value=1)


class PredictionQuerySerializer(serializers.Serializer[Any]):
    """Whose predictions: those of a version, by its number, or of a predictor's active version, by
    the predictor's name; of the leading predictor's if both are omitted."""

    model = serializers.IntegerField(required=False, min_value=1)
    predictor = serializers.CharField(required=False)
