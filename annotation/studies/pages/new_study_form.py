"""The owner's forms. `studies.services` validates; these only read fields."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ...protocol.aigciqa2023 import AIGCIQA2023_FORM
from ...protocol.forms import ExplanationForm
from ...protocol.scales import SCALES
from ..presets import ACTIVE_LEARNING, PRESETS
from ..texts import DEFAULT_CONSENT, DEFAULT_INSTRUCTIONS, DEFAULT_INSTRUCTIONS_SCORES
from .fields import StudyTextField
from .protocol_cards import SCALE_LABELS, Card, cards

#: Leaves the setting to the protocol.
_AS_IN_PROTOCOL = ("", _("As in the protocol"))
_FORMS = {"aigciqa2023": AIGCIQA2023_FORM, "none": ExplanationForm()}


class NewStudyForm(forms.Form):
    """What has to be decided before there is a study; the protocol decides the rest."""

    protocol = forms.ChoiceField(
        label=_("Protocol"),
        choices=[(key, preset.name) for key, preset in PRESETS.items()],
        initial=ACTIVE_LEARNING.key,
    )
    title = forms.CharField(label=_("Title"), max_length=200)
    scale = forms.ChoiceField(
        label=_("Scale"),
        required=False,
        choices=[_AS_IN_PROTOCOL, *((kind, SCALE_LABELS[kind]) for kind in SCALES)],
        help_text=_("For all perspectives. It cannot be changed once there are ratings."),
    )
    form = forms.ChoiceField(
        label=_("Explanations"),
        required=False,
        choices=[
            _AS_IN_PROTOCOL,
            ("aigciqa2023", _("The form of AIGCIQA2023+: phrases and two free texts")),
            ("none", _("None: scores only")),
        ],
    )
    consent = StudyTextField(DEFAULT_CONSENT, label=_("Consent"), rows=8)
    instructions = StudyTextField(
        DEFAULT_INSTRUCTIONS, DEFAULT_INSTRUCTIONS_SCORES, label=_("Instructions"), rows=12
    )

    def cards(self) -> list[Card]:
        return cards()

    def chosen(self) -> str:
        """The protocol whose card is marked."""
        return str(self["protocol"].value())

    def more(self) -> list[forms.BoundField]:
        """What a protocol decides unless it is changed."""
        return [self[name] for name in ("scale", "form")]

    def words(self) -> list[forms.BoundField]:
        return [self[name] for name in ("consent", "instructions")]

    def settings(self) -> dict[str, Any]:
        data = self.cleaned_data
        preset = PRESETS[data["protocol"]]
        form = _FORMS.get(data["form"], preset.form)
        instructions = data["instructions"]
        if instructions == DEFAULT_INSTRUCTIONS and not form.fields:
            # There are no words to choose.
            instructions = DEFAULT_INSTRUCTIONS_SCORES
        return {
            **preset.settings(SCALES.get(data["scale"]), form),
            "title": data["title"],
            "consent": data["consent"],
            "instructions": instructions,
        }
