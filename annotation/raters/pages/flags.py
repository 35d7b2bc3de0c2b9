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

#: What was measured, and what the study asks for: each is read by people who never saw the rules.
_SENTENCES: dict[str, Any] = {
    "gold": gettext_lazy(
        "Gold images: %(value)s of the scores are as expected; the study asks for at least "
        "%(bound)s"
    ),
    "attention": gettext_lazy(
        "Attention checks: %(value)s missed; the study allows at most %(bound)s"
    ),
    "too_fast": gettext_lazy(
        "Too fast: %(value)s of the answers; the study allows at most %(bound)s"
    ),
    "away": gettext_lazy(
        "Left the page for long: in %(value)s of the answers; the study allows at most %(bound)s"
    ),
    "variance": gettext_lazy(
        "Scores hardly differ: their variance is %(value)s; the study asks for at least %(bound)s"
    ),
    "identical": gettext_lazy(
        "Same score for every question: in %(value)s of the answers; the study allows at most "
        "%(bound)s"
    ),
    "retest_difference": gettext_lazy(
        "Repeated images: scores are %(value)s apart on average; the study allows at most %(bound)s"
    ),
    "retest_correlation": gettext_lazy(
        "Repeated images: second and first scores correlate at %(value)s; the study asks for at "
        "least %(bound)s"
    ),
    "inter_rater": gettext_lazy(
        "Agreement with the other raters (corrected correlation): %(value)s; the study asks for at "
        "least %(bound)s"
    ),
}
_SHARES = {"gold", "too_fast", "away", "identical"}
_COUNTS = {"attention"}
_LEVELS = {"retest_difference"}


@dataclass(frozen=True)
class FlagWords:
    """`short` is a sentence without its full stop, for a badge; `basis` says how many answers are
    behind it."""

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
    values = [_value(flag, labels) for flag in flags]
    answers = [number_format(flag.n) for flag in flags]
    return FlagWords(
        short=_SENTENCES[first.rule] % {"value": ", ".join(values), "bound": _bound(first)},
        basis=_("from %(n)s answers")
        % {"n": answers[0] if len(set(answers)) == 1 else "/".join(answers)},
        stops=any(flag.stops for flag in flags),
        weighs=any(flag.weighs for flag in flags),
    )


def _bound(flag: Flag) -> str:
    """A round number of levels without its zeros, and without a word that would need a plural."""
    if flag.rule in _LEVELS:
        return number_format(f"{flag.threshold:g}")
    return _number(flag.rule, flag.threshold)


def _value(flag: Flag, labels: Sequence[str]) -> str:
    value = _number(flag.rule, flag.value)
    if value == _number(flag.rule, flag.threshold):
        # 79.6 % must not read as 80 % if at least 80 % are asked for.
        value = _number(flag.rule, flag.value, more=2)
    return value if flag.perspective is None else f"{labels[flag.perspective]} {value}"


def _number(rule: str, value: float, *, more: int = 0) -> str:
    if rule in _COUNTS:
        return shown_number(value, 0)
    if rule in _SHARES:
        return _("%(percent)s %%") % {"percent": shown_number(100 * value, more)}
    number = shown_number(value, 2 + more)
    return _("%(n)s levels") % {"n": number} if rule in _LEVELS else number
