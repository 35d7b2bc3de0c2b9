"""How reliable raters are, pure numpy; methods of opinion scores are in `methods`.

Takes and returns arrays and dataclasses; imports no Django.
"""

from ..protocol.reliability_rules import Effect, ReliabilityRules, Rule
from .reliability.inter_rater import Correlation, InterRater, inter_rater_correlations
from .reliability.judging import Flag, RaterMeasures, judge
from .reliability.measures import (
    Absences,
    AttentionChecks,
    GoldAnswers,
    Pace,
    RepeatAgreement,
    Retest,
    StraightLining,
    absences,
    attention_checks,
    gold_answers,
    pace,
    retest,
    straight_lining,
)

__all__ = [
    "Absences",
    "AttentionChecks",
    "Correlation",
    "Effect",
    "Flag",
    "GoldAnswers",
    "InterRater",
    "Pace",
    "RaterMeasures",
    "ReliabilityRules",
    "RepeatAgreement",
    "Retest",
    "Rule",
    "StraightLining",
    "absences",
    "attention_checks",
    "gold_answers",
    "inter_rater_correlations",
    "judge",
    "pace",
    "retest",
    "straight_lining",
]
