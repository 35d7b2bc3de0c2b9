"""The shapes of the owner API: one for input, one for output."""

from typing import Any

from rest_framework import serializers

from workbench.core.api import ExactSerializer

from ..models import Study
from .services import SETTINGS


class PerspectivesField(serializers.JSONField):
    """A study's perspectives in its order, each `protocol.perspectives.PerspectiveSettings`."""

    def get_attribute(self, instance: Study) -> Any:
        return [item.to_json() for item in instance.perspective_settings]


class StudySerializer(serializers.ModelSerializer[Study]):
    """A study with its current settings."""

    perspectives = PerspectivesField(required=False)

    class Meta:
        model = Study
        fields = ["slug", "status", *SETTINGS, "created_at"]
        read_only_fields = ["created_at"]


class StudyChangeSerializer(ExactSerializer, StudySerializer):
    """Settings to change; `status` opens, pauses or closes the study."""

    class Meta(StudySerializer.Meta):
        extra_kwargs = {"slug": {"read_only": True}}


class StudyCreateSerializer(ExactSerializer, StudySerializer):
    """A new draft; everything but the title has a default."""

    class Meta(StudySerializer.Meta):
        extra_kwargs = {"slug": {"required": False}, "status": {"read_only": True}}
