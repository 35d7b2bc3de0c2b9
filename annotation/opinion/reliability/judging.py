"""Compares a rater's measures with a study's rules, and raises flags."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from ...protocol.reliability_rules import BOUNDS, Effect, ReliabilityRules, Rule
from .inter_rater import Correlation
from .measures import Absences, AttentionChecks, GoldAnswers, Pace, Retest, StraightLining

#: A measure that misses its threshold by no more than this differs only by rounding.
_EQUAL = 1e-9


@dataclass(frozen=True)
class RaterMeasures:
    """One rater's measures; None or empty if not measured."""

    gold: GoldAnswers | None = None
    attention: AttentionChecks | None = None
    pace: Pace | None = None
    absences: Absences | None = None
    straight_lining: StraightLining | None = None
    retest: Retest | None = None
    #: Of each perspective, in the order of columns.
    inter_rater: tuple[Correlation, ...] = ()


@dataclass(frozen=True)
class Flag:
    """A rule that a rater failed."""

    #: The rule's name in `ReliabilityRules`.
    rule: str
    value: float
    threshold: float
    #: Number of answers behind the value.
    n: int
    stops: bool
    #: The column of the perspective, if the rule looks at one at a time.
    perspective: int | None = None
    weighs: bool = False

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What `to_json` made."""
        return cls(**data)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def judge(measures: RaterMeasures, rules: ReliabilityRules) -> tuple[Flag, ...]:
    """The rules that `measures` fail, in the order of `ReliabilityRules` and then of perspectives.

    A measure that is not defined, or has fewer answers than its rule's minimum, fails nothing;
    one that meets its threshold exactly passes.
    """
    flags = (_flag(rules, *measured) for measured in _values(measures))
    return tuple(flag for flag in flags if flag)


def _flag(
    rules: ReliabilityRules, name: str, value: float | None, n: int, perspective: int | None
) -> Flag | None:
    rule: Rule = getattr(rules, name)
    if rule.effect is Effect.OFF or value is None or n < rule.minimum:
        return None
    beyond = rule.threshold - value if BOUNDS[name].at_least else value - rule.threshold
    if beyond <= _EQUAL:
        return None
    stops, weighs = rule.effect is Effect.STOP, rule.effect is Effect.WEIGH
    return Flag(name, value, rule.threshold, n, stops, perspective, weighs)


def _values(measures: RaterMeasures) -> Iterator[tuple[str, float | None, int, int | None]]:
    """(rule, value, answers, perspective) of all that was measured, in the order of the rules."""
    if gold := measures.gold:
        yield "gold", gold.share, gold.n, None
    if checks := measures.attention:
        yield "attention", checks.failed, checks.n, None
    if pace := measures.pace:
        yield "too_fast", pace.too_fast, pace.n, None
    if away := measures.absences:
        yield "away", away.long, away.n, None
    if lining := measures.straight_lining:
        for column, (value, n) in enumerate(zip(lining.variances, lining.counts, strict=True)):
            yield "variance", value, n, column
        yield "identical", lining.identical, lining.identical_of, None
    if retest := measures.retest:
        pairs = retest.overall
        yield "retest_difference", pairs.mean_absolute_difference, pairs.n, None
        yield "retest_correlation", pairs.pearson, pairs.n, None
    for column, correlation in enumerate(measures.inter_rater):
        yield "inter_rater", correlation.corrected, correlation.n, column
