"""The protocols as cards of the new-study page: name, purpose, key figures."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..presets import PRESETS, Preset
from ..texts import localized

SCALE_LABELS = {
    "acr5": gettext_lazy("Five levels, Bad to Excellent (ACR, ITU-T P.910)"),
    "acr11": gettext_lazy("Eleven levels, 0 to 10"),
    "slider5": gettext_lazy("Slider, 0 to 5 (as AIGCIQA2023 was collected)"),
    "slider100": gettext_lazy("Slider, 0 to 100"),
}
#: A card has no room for a scale's source.
_SHORT_SCALES = {
    "acr5": gettext_lazy("Five levels"),
    "slider5": gettext_lazy("Slider, 0 to 5"),
}


@dataclass(frozen=True)
class Card:
    """One protocol to choose; figures are (what, how much)."""

    key: str
    name: str
    purpose: str
    figures: tuple[tuple[str, str], ...]


def cards() -> list[Card]:
    """All protocols, in the reader's language."""
    return [
        Card(preset.key, localized(preset.name), localized(preset.purpose), _figures(preset))
        for preset in PRESETS.values()
    ]


def _figures(preset: Preset) -> tuple[tuple[str, str], ...]:
    minutes = preset.plan.session_minutes
    return (
        (_("Scale"), _scales(preset)),
        (_("Explanations"), _("Phrases and texts") if preset.form.fields else _("None")),
        (_("Ratings per image"), _ratings(preset)),
        (
            _("Session"),
            _("%(images)d images, %(time)s")
            % {
                "images": preset.session_trials,
                "time": ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes},
            },
        ),
    )


def _scales(preset: Preset) -> str:
    """Each scale that is used, once."""
    kinds = dict.fromkeys(item.scale.kind for item in preset.perspectives)
    return " · ".join(str(_SHORT_SCALES.get(kind, SCALE_LABELS[kind])) for kind in kinds)


def _ratings(preset: Preset) -> str:
    """Such as `28`, or `3 to 5 · 15 held out`."""
    low, high = preset.target_ratings, preset.maximum_ratings
    pool = str(low) if low == high else _("%(low)d to %(high)d") % {"low": low, "high": high}
    if preset.holdout_ratings == high:
        return pool
    return _("%(pool)s, hold-out %(holdout)d") % {"pool": pool, "holdout": preset.holdout_ratings}
