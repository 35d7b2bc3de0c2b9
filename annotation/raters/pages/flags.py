"""A failed rule in words: what was measured, and what the study asks for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from workbench.templatetags.numbers import shown_number

from ...models import Study
from ...opinion.reliability.judging import Flag
from ...studies.texts import localized

_NAMES: dict[str, Any] = {
    "gold": gettext_lazy("Gold"),
    "attention": gettext_lazy("Missed attention checks"),
    "too_fast": gettext_lazy("Too fast"),
    "away": gettext_lazy("Away for long"),
    "variance": gettext_lazy("Variance"),
    "identical": gettext_lazy("Same score for everything"),
    "retest_difference": gettext_lazy("Repeats differ"),
    "retest_correlation": gettext_lazy("Retest"),
    "inter_rater": gettext_lazy("Corrected agreement"),
}
_SHARES = {"gold", "too_fast", "away", "identical"}
_COUNTS = {"attention"}
_LEVELS = {"retest_difference"}


@dataclass(frozen=True)
class FlagWords:
    """`short` fits a badge; `basis` says how many answers are behind it."""

    short: str
    basis: str
    stops: bool
    weighs: bool = False


def flag_words(flags: Iterable[Flag], labels: Sequence[str]) -> list[FlagWords]:
    """One per failed rule; `labels` are the perspectives', in their order."""
    return [
        _words(list(group), labels)
        for _rule, group in groupby(flags, key=attrgetter("rule", "threshold"))
    ]


def perspective_labels(study: Study) -> list[str]:
    return [localized(item.label) for item in study.perspective_settings]


def _words(flags: list[Flag], labels: Sequence[str]) -> FlagWords:
    first = flags[0]
    bound = (
        _("%(name)s: %(value)s, at least %(threshold)s")
        if first.value < first.threshold
        else _("%(name)s: %(value)s, at most %(threshold)s")
    )
    values = [_value(flag, labels) for flag in flags]
    answers = [number_format(flag.n) for flag in flags]
    return FlagWords(
        short=bound
        % {
            "name": _NAMES[first.rule],
            "value": ", ".join(values),
            "threshold": _number(first.rule, first.threshold),
        },
        basis=_("from %(n)s answers")
        % {"n": answers[0] if len(set(answers)) == 1 else "/".join(answers)},
        stops=any(flag.stops for flag in flags),
        weighs=any(flag.weighs for flag in flags),
    )


def _value(flag: Flag, labels: Sequence[str]) -> str:
    value = _number(flag.rule, flag.value)
    if value == _number(flag.rule, flag.threshold):
        # 79.6 % must not read as 80 % if at least 80 % are asked for.
        value = _number(flag.rule, flag.value, more=2)
    if flag.rule in _LEVELS:
        value = _("%(n)s levels") % {"n": value}
    return value if flag.perspective is None else f"{labels[flag.perspective]} {value}"


def _number(rule: str, value: float, *, more: int = 0) -> str:
    if rule in _COUNTS:
        return shown_number(value, 0)
    if rule in _SHARES:
        return _("%(percent)s %%") % {"percent": shown_number(100 * value, more)}
    return shown_number(value, 2 + more)
