"""Shapes of the owner API: one for what goes in, one for what comes out."""

from rest_framework import serializers

from ..models import Study
from .services import SETTINGS


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
