"""Opinion scores, pure numpy: mean opinion score, spread and interval; raters' reliability.

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
from .scores import OpinionScores, opinion_scores

__all__ = [
    "Absences",
    "AttentionChecks",
    "Correlation",
    "Effect",
    "Flag",
    "GoldAnswers",
    "InterRater",
    "OpinionScores",
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
    "opinion_scores",
    "pace",
    "retest",
    "straight_lining",
]
