"""Requests and responses of the API of explanations."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotation.models import Stimulus
from annotation.protocol.perspectives import ALL_TOGETHER
from workbench.core.api import ExactSerializer, RuleError
from workbench.core.api_shapes import UploadField

from ..models import Assessment, ExplainingRun
from ..registry.serializers import JOB_FIELDS, HistoryEntrySerializer, JobErrorMixin
from .assessing import MAXIMUM_PROMPT
from .selectors import questions_of


class ExplainingRunSerializer(JobErrorMixin, serializers.ModelSerializer[ExplainingRun]):
    """An explaining run; `problems` are the images that could not be read."""

    model = serializers.IntegerField(source="model_version.number", read_only=True)
    history = HistoryEntrySerializer(many=True, read_only=True)
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


class AssessmentRequestSerializer(ExactSerializer):
    """One image (JPEG, PNG or WebP), the prompt it was made from, the version to assess it with
    (the active one by default), and the questions to answer: keys of perspectives, and `overall`
    for all of them together (every question by default)."""

    image = UploadField()
    prompt = serializers.CharField(max_length=MAXIMUM_PROMPT, allow_blank=True)
    model = serializers.IntegerField(required=False, min_value=1)
    questions = serializers.ListField(child=serializers.CharField(), required=False)

    def validate_questions(self, keys: list[str]) -> list[str]:
        """Those of `context["study"]` only."""
        known = [*questions_of(self.context["study"]).texts]
        unknown = [key for key in keys if key not in known]
        if unknown:
            text = _("The study has no question %(unknown)s; it has %(known)s.")
            text %= {"unknown": ", ".join(unknown), "known": ", ".join(known)}
            raise RuleError({"questions": text})
        return keys


class PromptReadingSerializer(serializers.Serializer[Any]):
    """What a version reads of a prompt. `pieces`: its word pieces, of which the first `limit` are
    read; `read` and `unread`: the text of these and of the others; `unknown`: words that it does
    not know; `unreadable`: whether it knows none."""

    pieces = serializers.IntegerField()
    limit = serializers.IntegerField()
    read = serializers.CharField(allow_blank=True)
    unread = serializers.CharField(allow_blank=True)
    unknown = serializers.ListField(child=serializers.CharField())
    unreadable = serializers.BooleanField()


class AssessmentSerializer(JobErrorMixin, serializers.ModelSerializer[Assessment]):
    """Scores with their standard deviations, each on its perspective's scale of `minimum` to
    `maximum`, and explanations if the version gives them; both empty until `state` is `succeeded`.
    `reading`: what the version read of the prompt; null until then, or if it cannot say.
    `problems`: sentences about what it did not read."""

    url = serializers.SerializerMethodField(help_text="Where the result can be asked for.")
    model = serializers.IntegerField(source="model_version.number", read_only=True)
    scores = serializers.SerializerMethodField()
    explanations = serializers.SerializerMethodField()
    reading = serializers.SerializerMethodField()
    problems = serializers.SerializerMethodField()

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
            "reading",
            "problems",
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

    @extend_schema_field(PromptReadingSerializer(allow_null=True))
    def get_reading(self, assessment: Assessment) -> dict[str, Any] | None:
        found: dict[str, Any] | None = assessment.result.get("reading")
        return found

    def get_problems(self, assessment: Assessment) -> list[str]:
        return unread(assessment.result.get("reading"))


def unread(reading: Mapping[str, Any] | None) -> list[str]:
    """What a version did not read of a prompt, in sentences."""
    if reading is None:
        return []
    found = []
    if reading["unread"]:
        text = _(
            "The model reads the first %(limit)d of the prompt's %(pieces)d word pieces. Not read: "
            "“%(unread)s”"
        )
        found.append(text % reading)
    if reading["unreadable"]:
        found.append(_("The model knows no word of the prompt: its scores see the image alone."))
    elif reading["unknown"]:
        text = _("The model does not know these words of the prompt: %(words)s")
        found.append(text % {"words": ", ".join(reading["unknown"])})
    return found
