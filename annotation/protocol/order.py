"""The order in which images are shown: random, without neighbours that influence each other.

ITU-T P.910 (2023) asks for a random order per rater, BT.500-15 that no scene follows itself.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Content:
    """What neighbours should not share. `prompt`: the key of its group (`protocol.spelling`)."""

    prompt: str
    generator: int


def arrange(contents: Sequence[Content], seed: str, after: Content | None = None) -> list[int]:
    """A random order of `contents`, as indices; `seed` and the sequence decide it.

    No prompt follows itself (nor `after`, which was shown before) if any order allows that, and
    generators change from image to image as far as that keeps prompts apart.
    """
    rng = random.Random(seed)  # noqa: S311 -- a reproducible order, not a secret
    waiting = list(range(len(contents)))
    rng.shuffle(waiting)
    order: list[int] = []
    last = after
    while waiting:
        chosen = _next(waiting, contents, last)
        waiting.remove(chosen)
        order.append(chosen)
        last = contents[chosen]
    return order


def _next(waiting: Sequence[int], contents: Sequence[Content], last: Content | None) -> int:
    prompts = Counter(contents[item].prompt for item in waiting)
    previous = last.prompt if last else None
    allowed = [item for item in waiting if contents[item].prompt != previous] or waiting
    # A prompt with as many images as all others together has to come now, or it follows itself
    # at the end.
    pressing = [item for item in allowed if 2 * prompts[contents[item].prompt] > len(waiting)]
    allowed = pressing or allowed
    return next(
        (item for item in allowed if last and contents[item].generator != last.generator),
        allowed[0],
    )
