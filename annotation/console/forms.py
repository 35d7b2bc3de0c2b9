"""The owner's forms. What fits is for `services.studies` to say; these only read fields."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..models import Study
from ..protocol.forms import AIGCIQA2023_FORM, ExplanationForm
from ..protocol.perspectives import default_perspectives
from ..protocol.scales import SCALES
from ..services.studies import SETTINGS
from ..texts import DEFAULT_CONSENT, DEFAULT_INSTRUCTIONS

_SCALE_LABELS = {
    "acr5": _("Five levels, Bad to Excellent (ACR, ITU-T P.910)"),
    "acr11": _("Eleven levels, 0 to 10"),
    "slider5": _("Slider, 0 to 5 (as AIGCIQA2023 was collected)"),
    "slider100": _("Slider, 0 to 100"),
}


class StudyForm(forms.ModelForm):  # type: ignore[type-arg] # not generic at run time
    """The settings that an owner changes on the page."""

    class Meta:
        model = Study
        # Perspectives and form are data, not fields of a page.
        fields = [name for name in SETTINGS if name not in ("perspectives", "explanation_form")]
        widgets = {
            "consent": forms.Textarea(attrs={"rows": 4}),
            "instructions": forms.Textarea(attrs={"rows": 5}),
        }
        help_texts = {
            "maximum_ratings": _("No image ever gets more, however many rate at once."),
            "holdout_ratings": _("The hold-out measures the model; it deserves more ratings."),
            "holdout_share": _("Drawn at random by prompt at import, never trained on. 0 to 0.9."),
            "audit_share": _("Draws that ignore the model's wishes, 0 to 1; 0.10 to 0.15 is wise."),
            "retrain_every": _("0: only when you ask."),
        }

    def settings(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class NewStudyForm(forms.Form):
    """What has to be decided before there is a study; all else has a default."""

    title = forms.CharField(label=_("Title"), max_length=200)
    scale = forms.ChoiceField(
        label=_("Scale"),
        choices=[(kind, _SCALE_LABELS[kind]) for kind in SCALES],
        help_text=_("For all three perspectives. It cannot change once there are ratings."),
    )
    form = forms.ChoiceField(
        label=_("Explanations"),
        choices=[
            ("aigciqa2023", _("The form of AIGCIQA2023+: phrases and two free texts")),
            ("none", _("None: scores only")),
        ],
    )
    consent = forms.CharField(
        label=_("Consent"), widget=forms.Textarea(attrs={"rows": 4}), initial=DEFAULT_CONSENT
    )
    instructions = forms.CharField(
        label=_("Instructions"),
        widget=forms.Textarea(attrs={"rows": 5}),
        initial=DEFAULT_INSTRUCTIONS,
    )

    def settings(self) -> dict[str, Any]:
        data = self.cleaned_data
        form = AIGCIQA2023_FORM if data["form"] == "aigciqa2023" else ExplanationForm()
        perspectives = default_perspectives(SCALES[data["scale"]])
        return {
            "title": data["title"],
            "consent": data["consent"],
            "instructions": data["instructions"],
            "perspectives": [item.to_json() for item in perspectives],
            "explanation_form": form.to_json(),
        }
