"""The plan of a session: what comes before, among and between the images that count, and how often
each is gone through.

Practice, hidden stabilisation trials and the length of a sitting follow ITU-R BT.500-15 (section
2.5 and 2.6: about five stabilising presentations, sittings of up to half an hour); hidden repeats
and gold images follow ITU-T P.808's quality control for crowds.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self, TypeVar

from workbench.core.strict import strict_from_json

from .chance import chance
from .errors import ProtocolError

_Item = TypeVar("_Item")


class Role(StrEnum):
    """What a trial is for; stored with it. Only `main` trials count as ratings."""

    #: Shown first, with feedback.
    PRACTICE = "practice"
    #: The first images after practice, not told apart from the others; kept, never counted.
    STABILISATION = "stabilisation"
    MAIN = "main"
    #: An image of this session again: how well does the rater agree with themselves?
    REPEAT = "repeat"
    #: An image whose scores are known.
    GOLD = "gold"


@dataclass(frozen=True)
class SessionPlan:
    """A study's settings for the course of a session; zero switches a part off."""

    #: Images of purpose "practice" that a rater meets once, before everything else.
    practice_trials: int = 5
    #: Of the answers in practice, so many must be within the expected range; 0 asks for nothing.
    #: Who gives fewer goes through practice again, and after so many times is thanked and leaves.
    practice_pass_share: float = 0.0
    practice_tries: int = 2
    stabilisation_trials: int = 5
    #: Images that are drawn together, by what the model wants, and then shown in random order.
    block_trials: int = 10
    #: Of the trials after stabilisation.
    repeat_share: float = 0.05
    gold_share: float = 0.05
    #: After so many minutes a rest of so many seconds, at the next block's end.
    rest_after_minutes: int = 15
    rest_seconds: int = 60
    #: After so many minutes no new block begins.
    session_minutes: int = 30
    #: Images that a rater may judge in a day.
    daily_trials: int = 0
    #: A block's images are gone through for the first perspective, then for the second, and so on,
    #: so that a rater keeps one question in mind and an image's impression from one perspective
    #: does not colour the score of another while it is fresh. Else all are asked at once.
    one_per_pass: bool = False
    #: A rater may go back to the last image of the block, and change its answer.
    revisable: bool = True
    #: The page takes an answer only once the whole prompt has been on the screen.
    whole_prompt: bool = False
    #: A rater may look at the image enlarged, for as long as they like; its size on the screen is
    #: otherwise the same for all (ITU-R BT.500-15 wants one viewing distance, so this is off).
    enlarging: bool = False

    def __post_init__(self) -> None:
        for name, (least, most) in LIMITS.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise ProtocolError(f"session plan: {name} is {value}; give {least:g} to {most:g}")
        if self.repeat_share + self.gold_share > MOST_CHECKS:
            raise ProtocolError(
                "session plan: repeat_share and gold_share are "
                f"{self.repeat_share + self.gold_share:g} together; at most {MOST_CHECKS:g} of a "
                "session may be spent on checks"
            )

    @property
    def blocks_back(self) -> int | None:
        """How many blocks back an answer may be changed: only its own block, or, if a block is one
        image, also the previous one. None if nothing may be changed."""
        return (1 if self.block_trials == 1 else 0) if self.revisable else None

    def asked_now(self, perspectives: Sequence[_Item], scored: int) -> Sequence[_Item]:
        """What is asked of an image whose first `scored` perspectives have their scores.

        If the study was changed between two passes, the remaining ones are asked together.
        """
        rest = perspectives[scored:]
        return rest[:1] if self.one_per_pass else rest

    def passes(self, perspectives: Sequence[object]) -> int:
        """How often each image is shown."""
        return len(perspectives) if self.one_per_pass else 1

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What is left out has its default; ProtocolError names what does not fit."""
        return strict_from_json(cls, data, "session plan", ProtocolError)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


#: The least and the most that each setting may be.
LIMITS: dict[str, tuple[float, float]] = {
    "practice_trials": (0, 20),
    "practice_pass_share": (0, 1),
    "practice_tries": (1, 5),
    "stabilisation_trials": (0, 20),
    "block_trials": (1, 50),
    "repeat_share": (0, 0.3),
    "gold_share": (0, 0.3),
    "rest_after_minutes": (0, 120),
    "rest_seconds": (0, 900),
    "session_minutes": (0, 240),
    "daily_trials": (0, 10_000),
}
#: Of repeats and gold together; a session is for images that nobody has judged.
MOST_CHECKS = 0.4
#: Nothing but main trials: for a crowd of scripts, and for studies that need no checks.
PLAIN = SessionPlan(
    practice_trials=0,
    stabilisation_trials=0,
    repeat_share=0.0,
    gold_share=0.0,
    rest_after_minutes=0,
    rest_seconds=0,
    session_minutes=0,
)
#: So many trials lie between an image and its repeat at least: nobody should remember the scores.
REPEAT_DISTANCE = 10


@dataclass(frozen=True)
class BlockMix:
    """How many trials of each role a block has."""

    stabilisation: int
    repeat: int
    gold: int
    main: int

    @property
    def total(self) -> int:
        return self.stabilisation + self.repeat + self.gold + self.main


def block_mix(plan: SessionPlan, seed: int, place: int, left: int, repeated: int) -> BlockMix:
    """What the block that begins at `place` (trials after practice, from 0) is made of.

    left: trials that the session may still have; repeated: repeats that it has had. Repeats and
    gold images are spread evenly over the session from a start that `seed` determines, so their
    numbers are within one of their shares. Repeats that had to wait, because the session was too
    young, are made up for, by half a block at most.
    """
    size = min(plan.block_trials, max(left, 0))
    stabilisation = min(max(plan.stabilisation_trials - place, 0), size)
    # Shares are of the trials apart from stabilisation.
    start = max(place - plan.stabilisation_trials, 0)
    end = start + size - stabilisation
    due = _spread(plan.repeat_share, f"{seed}:repeat", 0, end) - repeated
    repeat = min(max(due, 0), (size - stabilisation + 1) // 2)
    gold = _spread(plan.gold_share, f"{seed}:gold", start, end)
    gold = min(gold, size - stabilisation - repeat)
    return BlockMix(stabilisation, repeat, gold, size - stabilisation - repeat - gold)


def _spread(share: float, key: str, start: int, end: int) -> int:
    """How many of the places from `start` to before `end` a systematic sample of `share` takes."""
    offset = chance(key)
    return math.floor(offset + end * share) - math.floor(offset + start * share)


def comes_again(scored: int, passes: int) -> bool:
    """Whether an image whose first `scored` perspectives have their scores is shown once more
    after this time."""
    return scored < passes - 1


def before_the_next_pass(trials: Sequence[tuple[int, int]], passes: int) -> int:
    """How many of the trials in hand, (block, scored) in the order of showing, come before any
    that is not claimed yet.

    They end with the first block that has a pass left after this one: what is later comes after
    that pass, so a page that held it now would mix the two.
    """
    first = next((block for block, scored in trials if comes_again(scored, passes)), None)
    return sum(first is None or block <= first for block, _scored in trials)
