"""Rules, their JSON, and the flags that they raise."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from annotation.opinion.reliability.inter_rater import Correlation
from annotation.opinion.reliability.judging import Flag, RaterMeasures, judge
from annotation.opinion.reliability.measures import (
    Absences,
    AttentionChecks,
    GoldAnswers,
    Pace,
    RepeatAgreement,
    Retest,
    StraightLining,
)
from annotation.protocol.errors import ProtocolError
from annotation.protocol.reliability_rules import Effect, ReliabilityRules, Rule

RULES = ReliabilityRules()
RULE_NAMES = [name for name, value in vars(RULES).items() if isinstance(value, Rule)]


def _retest(pearson: float | None, difference: float | None, n: int) -> Retest:
    return Retest(RepeatAgreement(pearson, difference, n), ())


def _with(name: str, **changes: Any) -> ReliabilityRules:
    """The default rules with one of them changed."""
    changed: dict[str, Any] = {name: replace(getattr(RULES, name), **changes)}
    return replace(RULES, **changed)


def _correlation(pearson: float | None, n: int) -> Correlation:
    return Correlation(None, None, n, 4.0, corrected=pearson)


GOOD = RaterMeasures(
    GoldAnswers(9, 9),
    AttentionChecks(3, 0),
    Pace(0.0, 6.0, 60),
    Absences(0.05, 60),
    StraightLining((1.2, 1.0, 0.8), (60, 60, 60), 0.3, 60),
    _retest(0.9, 0.4, 12),
    (_correlation(0.85, 60), _correlation(0.8, 60)),
)
BAD = RaterMeasures(
    GoldAnswers(1, 9),
    AttentionChecks(1, 2),
    Pace(0.6, 0.9, 60),
    Absences(0.3, 60),
    StraightLining((0.1, 1.0, 0.05), (60, 60, 60), 0.95, 60),
    _retest(0.1, 1.5, 12),
    (_correlation(0.8, 60), _correlation(-0.2, 60)),
)


def test_the_defaults_are_the_toolkits_and_stop_nobody() -> None:
    assert RULES.gold_tolerance == 1
    assert RULES.attention.threshold == 0
    assert RULES.variance.threshold == 0.15
    assert RULES.inter_rater.threshold == 0.75
    assert {getattr(RULES, name).effect for name in RULE_NAMES} == {Effect.NOTE}


def test_a_reliable_rater_raises_no_flag() -> None:
    assert judge(GOOD, RULES) == ()


def test_nothing_measured_raises_no_flag() -> None:
    assert judge(RaterMeasures(), RULES) == ()


def test_every_failed_rule_is_flagged_with_its_value_and_threshold() -> None:
    assert judge(BAD, RULES) == (
        Flag("gold", 1 / 9, 0.8, 9, stops=False),
        Flag("attention", 2, 0, 3, stops=False),
        Flag("too_fast", 0.6, 0.1, 60, stops=False),
        Flag("away", 0.3, 0.2, 60, stops=False),
        Flag("variance", 0.1, 0.15, 60, stops=False, perspective=0),
        Flag("variance", 0.05, 0.15, 60, stops=False, perspective=2),
        Flag("identical", 0.95, 0.9, 60, stops=False),
        Flag("retest_difference", 1.5, 1, 12, stops=False),
        Flag("retest_correlation", 0.1, 0.75, 12, stops=False),
        Flag("inter_rater", -0.2, 0.75, 60, stops=False, perspective=1),
    )


def test_the_worst_rater_fails_every_rule_there_is() -> None:
    assert {flag.rule for flag in judge(BAD, RULES)} == set(RULE_NAMES)


@pytest.mark.parametrize("name", RULE_NAMES)
def test_a_rule_that_is_off_flags_nothing_and_others_say_what_follows(name: str) -> None:
    off, stop = _with(name, effect=Effect.OFF), _with(name, effect=Effect.STOP)
    weigh = _with(name, effect=Effect.WEIGH)
    assert {flag.rule for flag in judge(BAD, weigh) if flag.weighs} == {name}
    assert not any(flag.stops for flag in judge(BAD, weigh))
    assert [flag for flag in judge(BAD, RULES) if flag.rule != name] == list(judge(BAD, off))
    assert {flag.rule for flag in judge(BAD, stop) if flag.stops} == {name}


@pytest.mark.parametrize("name", RULE_NAMES)
def test_a_rule_waits_for_its_minimum_of_answers(name: str) -> None:
    flag = next(flag for flag in judge(BAD, RULES) if flag.rule == name)
    enough, short = _with(name, minimum=flag.n), _with(name, minimum=flag.n + 1)
    assert name in {found.rule for found in judge(BAD, enough)}
    assert name not in {found.rule for found in judge(BAD, short)}


def test_meeting_a_threshold_exactly_passes() -> None:
    exactly = RaterMeasures(
        GoldAnswers(4, 5),
        AttentionChecks(5, 0),
        # 0.1 as floats add it up.
        Pace(0.1 + 1e-17, 3.0, 10),
        Absences(0.2, 10),
        StraightLining((0.15 - 1e-17,), (10,), 0.9, 10),
        _retest(0.75, 1.0000000000000002, 10),
        (_correlation(0.75, 20),),
    )
    assert judge(exactly, RULES) == ()


def test_what_is_not_defined_fails_nothing() -> None:
    undefined = RaterMeasures(
        GoldAnswers(0, 0),
        AttentionChecks(0, 0),
        Pace(None, None, 0),
        Absences(None, 0),
        StraightLining((None,), (1,), None, 0),
        _retest(None, None, 30),
        (_correlation(None, 50),),
    )
    assert judge(undefined, RULES) == ()


def test_rules_come_back_from_json_as_they_were() -> None:
    rules = replace(RULES, gold=Rule(0.5, 4, Effect.STOP), gold_tolerance=0.5, least_others=4)
    assert ReliabilityRules.from_json(json.loads(json.dumps(rules.to_json()))) == rules
    assert json.loads(json.dumps(rules.to_json()))["gold"] == {
        "threshold": 0.5,
        "minimum": 4,
        "effect": "stop",
    }


def test_what_is_left_out_has_its_default() -> None:
    assert ReliabilityRules.from_json({}) == RULES
    rules = ReliabilityRules.from_json({"variance": {"effect": "off"}})
    assert rules == replace(RULES, variance=Rule(0.15, 10, Effect.OFF))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], r"reliability rules: \[\] is not an object"),
        ({"beauty": {}}, "there is no 'beauty'; it has gold, attention"),
        ({"gold": 0.8}, "gold: 0.8 is not an object"),
        ({"gold": {"treshold": 1}}, "gold: there is no 'treshold'; it has threshold, minimum"),
        ({"gold": {"threshold": 1.5}}, "gold: threshold is 1.5; give 0 to 1"),
        ({"variance": {"threshold": math.nan}}, "variance: threshold is nan, not a number"),
        ({"variance": {"threshold": "0.15"}}, "variance: threshold is '0.15', not a number"),
        ({"inter_rater": {"threshold": -2}}, "inter_rater: threshold is -2; give -1 to 1"),
        ({"identical": {"threshold": True}}, "identical: threshold is True, not a number"),
        ({"gold": {"minimum": 0}}, "gold: minimum is 0; give 1 to 10000"),
        ({"gold": {"minimum": 2.5}}, "gold: minimum is 2.5, not a whole number"),
        ({"gold": {"minimum": math.inf}}, "gold: minimum is inf, not a whole number"),
        ({"gold": {"minimum": None}}, "gold: minimum is None, not a whole number"),
        (
            {"gold": {"effect": "kick"}},
            "effect is 'kick'; give one of off, note, weigh, stop",
        ),
        ({"gold": {"effect": []}}, r"gold: effect is \[\]; give one of"),
        ({"gold_tolerance": 5}, "gold_tolerance is 5; give 0 to 4"),
        ({"minimum_seconds": -1}, "minimum_seconds is -1; give 0 to 60"),
        ({"minimum_seconds": math.inf}, "minimum_seconds is inf, not a number"),
        ({"least_others": 1.5}, "least_others is 1.5, not a whole number"),
        ({"least_others": 10**400}, "least_others is 1000"),
    ],
)
def test_what_does_not_fit_is_named(data: Any, message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        ReliabilityRules.from_json(data)


def test_rules_made_in_code_are_checked_too() -> None:
    with pytest.raises(ProtocolError, match="retest_difference: threshold is 5; give 0 to 4"):
        ReliabilityRules(retest_difference=Rule(5, 1))
