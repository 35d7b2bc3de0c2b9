"""Shapes of the owner API: one for what goes in, one for what comes out."""

from typing import Any

from rest_framework import serializers

from ..models import Rater, Stimulus, Study
from ..services.export import ExportFormat
from ..services.raters import CREATED_AT_ONCE, rater_link
from ..services.studies import SETTINGS


class StudySerializer(serializers.ModelSerializer[Study]):
    """A study with its current settings."""

    class Meta:
        model = Study
        fields = ["slug", "status", *SETTINGS, "created_at"]
        read_only_fields = ["created_at"]


class StudyChangeSerializer(StudySerializer):
    """Settings to change; `status` opens, pauses or closes the study."""

    class Meta(StudySerializer.Meta):
        extra_kwargs = {"slug": {"read_only": True}}


class StudyCreateSerializer(StudySerializer):
    """A new draft; everything but the title has a default."""

    class Meta(StudySerializer.Meta):
        extra_kwargs = {"slug": {"required": False}, "status": {"read_only": True}}


class RaterSerializer(serializers.ModelSerializer[Rater]):
    """A rater and the link that opens their session."""

    link = serializers.SerializerMethodField()
    ratings = serializers.IntegerField(read_only=True, default=0)

    class Meta:
        model = Rater
        fields = ["code", "status", "link", "ratings", "created_at"]

    def get_link(self, rater: Rater) -> str:
        request = self.context["request"]
        return str(request.build_absolute_uri(rater_link(rater)))


class RaterCreateSerializer(serializers.Serializer[Any]):
    """How many raters to create."""

    count = serializers.IntegerField(min_value=1, max_value=CREATED_AT_ONCE)


class StimulusSerializer(serializers.ModelSerializer[Stimulus]):
    """A stimulus; `thumbnail` and `image` are addresses that expire."""

    prompt = serializers.CharField(source="prompt.text")
    generator = serializers.CharField(source="generator.name")
    image = serializers.SerializerMethodField()
    thumbnail = serializers.SerializerMethodField()

    class Meta:
        model = Stimulus
        fields = [
            "id",
            "filename",
            "prompt",
            "generator",
            "split",
            "purpose",
            "attention_check",
            "sha256",
            "width",
            "height",
            "priority",
            "wanted_ratings",
            "claimed_ratings",
            "metadata",
            "image",
            "thumbnail",
        ]

    def get_image(self, stimulus: Stimulus) -> str | None:
        return self._address(stimulus.image.url) if stimulus.image else None

    def get_thumbnail(self, stimulus: Stimulus) -> str | None:
        return self._address(stimulus.thumbnail.url) if stimulus.thumbnail else None

    def _address(self, path: str) -> str:
        return str(self.context["request"].build_absolute_uri(path))


class ExportQuerySerializer(serializers.Serializer[Any]):
    """The format of the exported database."""

    format = serializers.ChoiceField(
        choices=[str(item) for item in ExportFormat], default=str(ExportFormat.JSONL)
    )
