"""Which scores a study wants reasons for: all, those of a share of the images, or the low ones.

A reason takes three to five times as long as a score. AIGCIQA2023+ (arXiv 2405.07346, section 3.3)
asked for every image; if time is short, a share still gives an unbiased sample, and low scores are
those whose reasons help to improve a generator.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from workbench.core.strict import strict_from_json

from .chance import chance
from .errors import ProtocolError
from .scales import Scale

#: Asked for whatever the score, on the scale from 0 to 1.
ALWAYS = 1.0
#: `level` is one of five, as of absolute category rating; the fifth would be every score.
LEVELS = (1, 4)
#: Scores come in steps: less than that is no difference.
_EQUAL = 1e-9


class When(StrEnum):
    """For which scores reasons are asked."""

    EVERY = "every"
    #: For all scores of some images, drawn by chance.
    SHARE = "share"
    #: For each low score.
    LOW = "low"


@dataclass(frozen=True)
class ExplanationAsking:
    """A study's setting; `share` and `level` matter only if `when` needs them."""

    when: When = When.EVERY
    #: Of the images.
    share: float = 0.25
    #: The highest level of five whose reason is asked; on another scale, what is as low on it.
    level: int = 2

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ProtocolError(f"explanation asked: share is {self.share}; give more than 0, to 1")
        if not LEVELS[0] <= self.level <= LEVELS[1]:
            raise ProtocolError(
                f"explanation asked: level is {self.level}; give {LEVELS[0]} to {LEVELS[1]}"
            )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What is left out has its default; ProtocolError names what does not fit."""
        return strict_from_json(cls, data, "explanation asked", ProtocolError)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def up_to(self, seed: int, stimulus: int) -> float | None:
        """Of this image in the session with `seed`: the highest score, on 0…1, whose reason is
        asked; None if none is.

        The same whenever it is asked: reloading the page does not get rid of the form.
        """
        if self.when is When.LOW:
            return (self.level - 1) / 4
        if self.when is When.SHARE and chance(f"{seed}:explain:{stimulus}") >= self.share:
            return None
        return ALWAYS


def is_asked(up_to: float | None, scale: Scale, score: float) -> bool:
    """Whether the reason of `score` is asked, on a trial whose limit is `up_to`."""
    return up_to is not None and scale.to_unit(score) <= up_to + _EQUAL
