"""The rules on raters as form fields: a bound in an owner's words, from how many answers on it is
looked at, and what follows if it is missed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ...protocol.reliability_rules import (
    BOUNDS,
    MOST_ANSWERS,
    SETTINGS,
    Effect,
    ReliabilityRules,
    Rule,
)
from .fields import DecimalField, NumberField, PercentField

_EFFECTS = [
    (str(Effect.OFF), _("Nothing")),
    (str(Effect.NOTE), _("The rater is flagged")),
    (str(Effect.WEIGH), _("Ratings count less")),
    (str(Effect.STOP), _("The session ends")),
]


@dataclass(frozen=True)
class _Words:
    """How an owner reads a rule: what is measured with its bound, and in which units."""

    name: Any
    bound: Any
    #: Of the threshold; "%" for shares.
    unit: Any
    #: What `minimum` counts.
    counted: Any


_WORDS: dict[str, _Words] = {
    "gold": _Words(_("Gold images"), _("Scores near the known ones, at least"), "%", _("scores")),
    "attention": _Words(_("Attention checks"), _("Missed, at most"), _("checks"), _("checks")),
    "too_fast": _Words(_("Too fast"), _("Images answered too fast, at most"), "%", _("images")),
    "away": _Words(
        _("Away for long"),
        _("Images during which the rater was away for long, at most"),
        "%",
        _("images"),
    ),
    "variance": _Words(
        _("Straight-lining"),
        _("Variance of the scores of a perspective, at least"),
        _("levels²"),
        _("images"),
    ),
    "identical": _Words(
        _("Same score for everything"),
        _("Images with one score for all perspectives, at most"),
        "%",
        _("images"),
    ),
    "retest_difference": _Words(
        _("Repeats differ"),
        _("Mean difference from the first scores, at most"),
        _("levels"),
        _("scores"),
    ),
    "retest_correlation": _Words(
        _("Retest"), _("Correlation with the first scores, at least"), "", _("scores")
    ),
    "inter_rater": _Words(
        _("Corrected agreement"),
        _("Correlation with the mean of the others, by the largest to be expected, at least"),
        "",
        _("images"),
    ),
}


@dataclass(frozen=True)
class RuleRow:
    """One rule of the table, with its bound fields."""

    name: Any
    bound: Any
    threshold: forms.BoundField
    minimum: forms.BoundField
    effect: forms.BoundField


def rule_fields() -> dict[str, forms.Field]:
    """Three fields per rule, and one for each setting of the measures."""
    fields: dict[str, forms.Field] = {}
    for name, words in _WORDS.items():
        fields[f"{name}_threshold"] = _labelled(_threshold(name, words), words.name, words.bound)
        fields[f"{name}_minimum"] = _labelled(
            NumberField(unit=words.counted, min_value=1, max_value=MOST_ANSWERS),
            words.name,
            _("judged from"),
        )
        fields[f"{name}_effect"] = _labelled(
            forms.ChoiceField(choices=_EFFECTS), words.name, _("action")
        )
    return {**fields, **_settings_fields()}


def rule_initial(rules: ReliabilityRules) -> dict[str, Any]:
    """The values of `rule_fields`."""
    values: dict[str, Any] = {name: getattr(rules, name) for name in SETTINGS}
    for name in _WORDS:
        rule: Rule = getattr(rules, name)
        values[f"{name}_threshold"] = rule.threshold
        values[f"{name}_minimum"] = rule.minimum
        values[f"{name}_effect"] = str(rule.effect)
    return values


def rule_rows(form: forms.BaseForm) -> list[RuleRow]:
    return [
        RuleRow(
            words.name,
            words.bound,
            form[f"{name}_threshold"],
            form[f"{name}_minimum"],
            form[f"{name}_effect"],
        )
        for name, words in _WORDS.items()
    ]


def rule_names() -> list[str]:
    """The names of `rule_fields`."""
    parts = ("threshold", "minimum", "effect")
    return [*(f"{name}_{part}" for name in _WORDS for part in parts), *SETTINGS]


def read_rules(cleaned: Mapping[str, Any], rules: ReliabilityRules) -> ReliabilityRules:
    """`rules` with what was filled in; raises ProtocolError if the core refuses it."""
    changed: dict[str, Any] = {name: cleaned[name] for name in SETTINGS}
    for name in _WORDS:
        changed[name] = Rule(
            cleaned[f"{name}_threshold"],
            cleaned[f"{name}_minimum"],
            Effect(cleaned[f"{name}_effect"]),
        )
    return replace(rules, **changed)


def _threshold(name: str, words: _Words) -> forms.Field:
    bound = BOUNDS[name]
    if words.unit == "%":
        return PercentField(min_value=bound.least, max_value=bound.most)
    if name == "attention":
        return NumberField(unit=words.unit, min_value=int(bound.least), max_value=int(bound.most))
    return DecimalField(unit=words.unit, min_value=bound.least, max_value=bound.most)


def _labelled(field: forms.Field, name: Any, part: Any) -> forms.Field:
    """A table column's heading does not label its fields."""
    field.label = format_lazy("{}: {}", name, part)
    field.widget.attrs["aria-label"] = field.label
    return field


def _settings_fields() -> dict[str, forms.Field]:
    tolerance, seconds, away, others, weight = SETTINGS.values()
    return {
        "gold_tolerance": DecimalField(
            label=_("A gold score counts as near up to"),
            unit=_("levels"),
            min_value=tolerance[0],
            max_value=tolerance[1],
            help_text=_("On a scale of five; on other scales, the same share."),
        ),
        "minimum_seconds": DecimalField(
            label=_("“Too fast” means less than"),
            unit=_("seconds"),
            min_value=seconds[0],
            max_value=seconds[1],
        ),
        "away_seconds": DecimalField(
            label=_("“Away for long” means more than"),
            unit=_("seconds"),
            min_value=away[0],
            max_value=away[1],
            help_text=_("Per image, while the page was hidden or another window had the focus."),
        ),
        "least_others": NumberField(
            label=_("Agreement is measured with"),
            unit=_("other raters per image"),
            min_value=int(others[0]),
            max_value=int(others[1]),
            help_text=_(
                "At least. With few of them an honest rater's correlation is low, too; the "
                "corrected agreement takes that into account."
            ),
        ),
        "weight": PercentField(
            label=_("Weight of ratings that count less"),
            min_value=weight[0],
            max_value=weight[1],
            help_text=_("For raters who fail such a rule: in means, labels and the export."),
        ),
    }
