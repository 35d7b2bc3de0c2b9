"""The shapes of the owner API: one for input, one for output."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from workbench.core.api import ExactSerializer
from workbench.core.api_shapes import DocumentField
from workbench.core.strict_schema import schema_of

from ..models import Study
from ..protocol import forms, plan, reliability_rules, viewing
from ..protocol.perspectives import PerspectiveSettings
from .presets import PRESETS
from .services import SETTINGS

_RULES = {
    place: limits
    for name, bound in reliability_rules.BOUNDS.items()
    for place, limits in (
        (f"{name}.threshold", (bound.least, bound.most)),
        (f"{name}.minimum", (1, reliability_rules.MOST_ANSWERS)),
    )
}


@extend_schema_field({"type": "array", "items": schema_of(PerspectiveSettings), "minItems": 1})
class PerspectivesField(serializers.JSONField):
    """A study's perspectives in its order, each `protocol.perspectives.PerspectiveSettings`."""

    def get_attribute(self, instance: Study) -> Any:
        return [item.to_json() for item in instance.perspective_settings]


# The protocol's parsers read them, when all of a study's settings are known.
@extend_schema_field(schema_of(forms.ExplanationAsking, {"share": (0, 1), "level": forms.LEVELS}))
class AskingField(serializers.JSONField):
    """`protocol.forms.ExplanationAsking`."""


@extend_schema_field(schema_of(plan.SessionPlan, plan.LIMITS))
class PlanField(serializers.JSONField):
    """`protocol.plan.SessionPlan`."""


@extend_schema_field(
    schema_of(
        viewing.ViewingChecks,
        {
            "minimum_width": (0, viewing.LARGEST_WINDOW[0]),
            "minimum_height": (0, viewing.LARGEST_WINDOW[1]),
        },
    )
)
class ViewingField(serializers.JSONField):
    """`protocol.viewing.ViewingChecks`."""


@extend_schema_field(
    schema_of(reliability_rules.ReliabilityRules, {**reliability_rules.SETTINGS, **_RULES})
)
class RulesField(serializers.JSONField):
    """`protocol.reliability_rules.ReliabilityRules`."""


class StudySerializer(serializers.ModelSerializer[Study]):
    """A study with its current settings."""

    explanation_form = DocumentField(required=False)
    translations = DocumentField(required=False)

    perspectives = PerspectivesField(required=False)
    explanation_asked = AskingField(required=False)
    session_plan = PlanField(required=False)
    viewing_checks = ViewingField(required=False)
    reliability_rules = RulesField(required=False)

    class Meta:
        model = Study
        fields = ["slug", "status", *SETTINGS, "created_at"]
        read_only_fields = ["created_at"]


class StudyChangeSerializer(ExactSerializer, StudySerializer):
    """Settings to change; `status` opens, pauses or closes the study."""

    class Meta(StudySerializer.Meta):
        extra_kwargs = {"slug": {"read_only": True}}


class StudyCreateSerializer(ExactSerializer, StudySerializer):
    """A new draft; everything but the title has a default. `preset`: the protocol that decides what
    is not given here."""

    preset = serializers.ChoiceField(
        choices=[(key, item.name) for key, item in PRESETS.items()], required=False
    )

    class Meta(StudySerializer.Meta):
        fields = [*StudySerializer.Meta.fields, "preset"]
        extra_kwargs = {"slug": {"required": False}, "status": {"read_only": True}}

    def chosen(self) -> dict[str, Any]:
        """After `is_valid`: all settings, those of the preset too."""
        given = dict(self.validated_data)
        preset = given.pop("preset", None)
        return given if preset is None else {**PRESETS[preset].settings(), **given}
