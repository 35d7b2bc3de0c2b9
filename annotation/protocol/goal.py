"""What a study's ratings are for, and what a rater's next image is for that.

A rating teaches a model most if it is of an image that nobody has rated: what one rater errs by is
lost among many images, what the model cannot know of an image is not lessened by a second rater.
A score that is published needs several raters. Which of the two comes next is random, but fixed by
the session's seed and the trial's position, as everything that is drawn.
"""

from dataclasses import dataclass
from enum import StrEnum

from .chance import chance
from .draw import Draw, choose_draw


class Goal(StrEnum):
    """What ratings of the pool are for."""

    TEACH = "teach"
    PUBLISH = "publish"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Shares:
    """How a study divides its raters' time, each on 0…1.

    holdout: of all trials. audit: of the others, those that ignore priority. teaching: of the rest,
    those that go to the images with the fewest ratings, and among them by priority; the others go
    by priority alone, so that an image that was begun is finished first.
    """

    holdout: float
    audit: float
    teaching: float

    @property
    def goal(self) -> Goal:
        if self.teaching >= 1:
            return Goal.TEACH
        return Goal.BOTH if self.teaching > 0 else Goal.PUBLISH

    @property
    def of_all(self) -> dict[str, float]:
        """What share of all trials is what: they add up to 1."""
        pool = 1 - self.holdout
        chosen = pool * (1 - self.audit)
        return {
            "new": chosen * self.teaching,
            "more": chosen * (1 - self.teaching),
            "audit": pool * self.audit,
            "holdout": self.holdout,
        }


@dataclass(frozen=True, slots=True, order=True)
class Next:
    """How an image is drawn; spread: of a draw by priority, whether the images with the fewest
    ratings come first."""

    draw: Draw
    spread: bool = False


def next_rating(seed: int, position: int, shares: Shares) -> Next:
    """What the trial at `position` (from 0) of the session with `seed` is for."""
    draw = choose_draw(seed, position, shares.audit, shares.holdout)
    if draw is not Draw.PRIORITY:
        return Next(draw)
    return Next(draw, chance(f"{seed}:{position}:goal") < shares.teaching)
