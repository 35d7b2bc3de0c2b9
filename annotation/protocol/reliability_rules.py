"""A study's rules on its raters' reliability.

Defaults after the P.910 crowdsourcing toolkit (github.com/microsoft/P.910,
`src/assets_master_script/result_parser_template.cfg`; Naderi and Cutler, arXiv 2204.06784): a gold
within ±1 level, no attention check missed, a variance of 0.15, an inter-rater correlation of 0.75.
The toolkit compares 0.75 with the mean over its workers; as a bound on each subject it is that of
VQEG's HDTV test plan (Annex I, as in NTIA/ITS's `screening.m`). Here it bounds the correlation
corrected for attenuation, so that it asks the same with many and with few others per image. A
default here only notes: no rating is dropped and no session ends unless a study says so.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from workbench.core.strict import strict_from_json

from .errors import ProtocolError

#: A gold is answered rightly up to so many levels from what is expected: the toolkit's
#: `[gold_question] variance: 1`.
GOLD_TOLERANCE = 1.0
#: Seconds. A glance of 0.1 s tells what a scene is (Greene and Oliva 2009, Psychological Science
#: 20:464), but each fixation needs 0.15 s and more to process its part of it (Rayner et al. 2009,
#: Psychological Science 20:6). Nobody inspects an image, reads its prompt and moves a hand in 1 s;
#: practised raters need about 3 s.
MINIMUM_SECONDS = 1.0
#: Seconds. A glance at a message, or a click outside the window, is over sooner; anybody away for
#: 10 s has done something else. Crowd tests watch for the browser's focus being elsewhere (Hoßfeld
#: et al. 2014, Best Practices for QoE Crowdtesting, IEEE Transactions on Multimedia 16:2).
AWAY_SECONDS = 10.0


class Effect(StrEnum):
    """What happens to a rater who fails a rule."""

    #: The rule is not applied.
    OFF = "off"
    #: The owner sees it.
    NOTE = "note"
    #: The owner sees it, and the rater's ratings weigh less in opinion scores.
    WEIGH = "weigh"
    #: The owner sees it, and the session ends politely.
    STOP = "stop"


@dataclass(frozen=True)
class Rule:
    """A bound on one measure, applied once it rests on `minimum` answers."""

    threshold: float
    minimum: int
    effect: Effect = Effect.NOTE


@dataclass(frozen=True)
class Bound:
    """On which side of its threshold a measure is good, and which thresholds make sense."""

    at_least: bool
    least: float
    most: float


@dataclass(frozen=True)
class ReliabilityRules:
    """One rule per measure, and what the measures themselves need to know.

    Raises ProtocolError if a number is outside its limits.
    """

    #: Share of gold scores within range, at least. The toolkit has one gold per session and wants
    #: 80 % of a worker's sessions to pass (docs/results.md); by default from a gold's three scores.
    gold: Rule = Rule(0.8, 3)
    #: Attention checks failed, at most.
    attention: Rule = Rule(0, 1)
    #: Share of trials answered too fast, at most: everybody slips now and then.
    too_fast: Rule = Rule(0.1, 10)
    #: Share of trials during which the page was left for long, at most. A rater who scores is back
    #: and sees the image again, so an absence harms little by itself: a call or a door interrupts
    #: anybody once or twice in a block of ten. A rater who leaves more often is doing
    #: something else at the same time.
    away: Rule = Rule(0.2, 10)
    #: Sample variance of a perspective's scores, at least, in squared levels. From as many scores
    #: as a session of the toolkit has.
    variance: Rule = Rule(0.15, 10)
    #: Share of trials with the same score for all perspectives, at most. Very good and very bad
    #: images earn it, so only next to always is suspicious.
    identical: Rule = Rule(0.9, 10)
    #: Mean absolute difference between repeats, at most, in levels: what a gold is allowed.
    retest_difference: Rule = Rule(1, 3)
    #: Pearson between repeats, at least: a rater should agree with themselves as with others.
    retest_correlation: Rule = Rule(0.75, 10)
    #: Pearson with the mean of the others, divided by what a rater like the rest can be expected to
    #: have (`agreement.consistency`), at least, per perspective. Of honest simulated raters (20, of
    #: 60 images each of standard deviation 1, errors of 0.5 or 0.7 level) at most 2 % fail it with
    #: 3 ratings per image and none with 15, and all who answer at random do; the plain correlation
    #: would fail 2 to 37 % with 15 ratings and 26 to 86 % with 3.
    inter_rater: Rule = Rule(0.75, 20)
    #: `gold_answers`' tolerance in levels.
    gold_tolerance: float = GOLD_TOLERANCE
    #: `pace`'s minimum in seconds.
    minimum_seconds: float = MINIMUM_SECONDS
    #: `absences`' longest, in seconds.
    away_seconds: float = AWAY_SECONDS
    #: `inter_rater_correlations`' least number of other raters per image.
    least_others: int = 2
    #: Weight of the ratings of a rater who fails a weighing rule; all others weigh 1. Above 0: to
    #: drop a rater, exclude them, with a reason.
    weight: float = 0.5

    def __post_init__(self) -> None:
        for name, bound in BOUNDS.items():
            rule: Rule = getattr(self, name)
            _check(f"{name}: threshold", rule.threshold, bound.least, bound.most)
            _check(f"{name}: minimum", rule.minimum, 1, MOST_ANSWERS)
        for name, (least, most) in SETTINGS.items():
            _check(name, getattr(self, name), least, most)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What is left out has its default, in a rule too; ProtocolError names what is wrong."""
        return strict_from_json(cls, data, "reliability rules", ProtocolError)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def stop(self) -> bool:
        """Whether any rule ends sessions."""
        return self._any(Effect.STOP)

    @property
    def weigh(self) -> bool:
        """Whether any rule makes ratings weigh less."""
        return self._any(Effect.WEIGH)

    def _any(self, effect: Effect) -> bool:
        return any(getattr(self, name).effect is effect for name in BOUNDS)


#: Of each rule; a threshold in levels is at most the scale's range.
BOUNDS: dict[str, Bound] = {
    "gold": Bound(True, 0, 1),
    "attention": Bound(False, 0, 1000),
    "too_fast": Bound(False, 0, 1),
    "away": Bound(False, 0, 1),
    "variance": Bound(True, 0, 4),
    "identical": Bound(False, 0, 1),
    "retest_difference": Bound(False, 0, 4),
    "retest_correlation": Bound(True, -1, 1),
    "inter_rater": Bound(True, -1, 1),
}
#: No rule needs to wait for more answers than this.
MOST_ANSWERS = 10_000
#: The least and the most that the other settings may be.
SETTINGS: dict[str, tuple[float, float]] = {
    "gold_tolerance": (0, 4),
    "minimum_seconds": (0, 60),
    "away_seconds": (0, 3600),
    "least_others": (1, 1000),
    "weight": (0.01, 1),
}


def _check(place: str, value: float, least: float, most: float) -> None:
    # NaN is in no interval.
    if not least <= value <= most:
        raise ProtocolError(f"reliability rules: {place} is {value}; give {least:g} to {most:g}")
