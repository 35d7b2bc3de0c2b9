"""How many trials a session will have: its plan, played to the end with what is left to give.

Raters are told this number with their first image. It has to be true then, and has to include the
repeats: a total that grows when one of them comes says that it is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from .plan import REPEAT_DISTANCE, BlockMix, SessionPlan, block_mix


@dataclass(frozen=True)
class Stock:
    """What a session has had, and what it could still be given."""

    #: Trials after practice that are answered or in hand.
    placed: int
    #: Images that the rater could still rate.
    free: int
    #: Repeats so far, and how many trials ago each image came that could be repeated.
    repeated: int = 0
    ages: Sequence[int] = field(default=())
    #: Gold images that the rater has not met.
    gold: int = 0


def trials_in_all(plan: SessionPlan, seed: int, stock: Stock, length: int) -> int:
    """How many trials after practice the session will have had when it ends, at `length` or when
    no image is left; exact unless others take images meanwhile, or the rater skips some.
    """
    while stock.placed < length and stock.free > 0:
        mix = block_mix(plan, seed, stock.placed, length - stock.placed, stock.repeated)
        following = _after(stock, mix)
        if following is None:
            break
        stock = following
    return stock.placed


def _after(stock: Stock, mix: BlockMix) -> Stock | None:
    """The stock after a block; main trials take the places of what is lacking, and without any the
    session ends (`rating.blocks`)."""
    stabilisation = min(mix.stabilisation, stock.free // 4)
    ready = sum(age > REPEAT_DISTANCE for age in stock.ages)
    repeats, gold = min(mix.repeat, ready), min(mix.gold, stock.gold)
    wanted = mix.total - stabilisation - repeats - gold
    main = min(wanted, stock.free - stabilisation)
    if wanted and not main:
        return None
    size = main + stabilisation + repeats + gold
    # The oldest are repeated here; in a session chance decides, which changes no number.
    unrepeated = sorted(stock.ages)[: len(stock.ages) - repeats]
    return Stock(
        placed=stock.placed + size,
        free=stock.free - stabilisation - main,
        repeated=stock.repeated + repeats,
        ages=[*range(size - main + 1, size + 1), *(age + size for age in unrepeated)],
        gold=stock.gold - gold,
    )
