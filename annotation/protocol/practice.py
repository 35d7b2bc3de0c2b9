"""Practice and gold images: their known scores, and what an answer says about its rater.

What is known is an image's published opinion score. An answer within one level of it on a
five-level scale is as expected, after the gold questions of the P.910 crowdsourcing toolkit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .scales import Scale

#: One level of five, as a share of the scale's range.
TOLERANCE = 0.25
#: Scores come in steps, ranges from means: half a thousandth of the scale makes no difference.
_SLACK = 5e-4


@dataclass(frozen=True)
class Expectation:
    """A known score on the study's scale, and how far an answer may be from it."""

    perspective: str
    expected: float
    low: float
    high: float

    def holds(self, score: float) -> bool:
        slack = _SLACK * (self.high - self.low)
        return self.low - slack <= score <= self.high + slack


def expectation(
    perspective: str, scale: Scale, mos: float, tolerance: float = TOLERANCE
) -> Expectation:
    """What a rater should answer about an image with a known `mos` (0…1).

    On a scale of named levels that is the nearest level: the rater is told it, so the answer is
    compared with it.
    """
    if scale.named:
        steps = scale.levels - 1
        mos = round(mos * steps) / steps
    return Expectation(
        perspective,
        scale.from_unit(mos),
        scale.from_unit(max(mos - tolerance, 0.0)),
        scale.from_unit(min(mos + tolerance, 1.0)),
    )


def span(scores: Sequence[float], number: int) -> list[int]:
    """The indices of up to `number` scores that lie evenly between the lowest and the highest.

    Practice should show the whole range (BT.500-15, section 2.5): by rank, so that many middling
    images do not crowd out the extremes.
    """
    ranked = sorted(range(len(scores)), key=lambda item: (scores[item], item))
    if number >= len(ranked):
        return ranked
    if number == 1:
        return [ranked[len(ranked) // 2]]
    last = len(ranked) - 1
    return [ranked[round(place * last / (number - 1))] for place in range(number)]
