"""Claiming a session's next block: the plan says what kinds of trials, the model's priorities
which images, chance in which order.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..protocol.chance import chance
from ..protocol.draw import draws_to_try
from ..protocol.goal import Next, Shares, next_rating
from ..protocol.order import Content, arrange
from ..protocol.plan import REPEAT_DISTANCE, BlockMix, Role, SessionPlan, block_mix
from ..protocol.practice import span
from ..raters.access import Access, SessionFacts
from . import draws as candidates
from . import slots
from .draws import Candidate
from .facts import Holdings, OfferedTrial
from .slots import Pick

#: Practice comes before all other blocks; gone through again, it is the block after this one.
PRACTICE_BLOCK = 0
#: A kind of draw, how many images at most, and those that the block has already → images.
Take = Callable[[Next, int, Sequence[int]], list[Pick]]


@dataclass(frozen=True, slots=True)
class Standing:
    """A locked session's place in its plan; `now` is the database's."""

    position: int
    block: int
    begun_at: datetime | None
    rests_until: datetime | None
    #: Trials after practice that the session will have had when it ends, as the rater was told.
    expected: int
    now: datetime

    def after(self, block: Sequence[OfferedTrial]) -> "Standing":
        return replace(self, position=self.position + len(block), block=block[-1].block + 1)

    @property
    def rest_left(self) -> int:
        """Seconds of rest that remain, rounded up; 0 if there is none."""
        if self.rests_until is None or self.rests_until <= self.now:
            return 0
        return int((self.rests_until - self.now).total_seconds()) + 1


def time_is_up(plan: SessionPlan, standing: Standing) -> bool:
    """Whether the session has lasted so long that no new block may begin."""
    if not plan.session_minutes or standing.begun_at is None:
        return False
    return standing.now - standing.begun_at >= timedelta(minutes=plan.session_minutes)


def day_is_full(access: Access) -> bool:
    """Whether the rater has judged as many images as the plan allows for their day."""
    return left_today(access) == 0


def left_today(access: Access) -> int | None:
    """How many images the rater may still judge in their day; None if the plan sets no limit."""
    most = access.protocol.plan.daily_trials
    return max(most - candidates.judged_today(access.rater_id), 0) if most else None


def rest_is_due(plan: SessionPlan, standing: Standing) -> bool:
    """Whether the rater has worked so long since the start, or the last rest, that one is due."""
    since = standing.rests_until or standing.begun_at
    if not (plan.rest_after_minutes and plan.rest_seconds and since):
        return False
    return standing.now - since >= timedelta(minutes=plan.rest_after_minutes)


def claim_block(
    *,
    access: Access,
    session: SessionFacts,
    standing: Standing,
    holdings: Holdings,
    left: tuple[int, int],
) -> list[OfferedTrial]:
    """Leases the next block to the rater; empty if no image is left.

    left: how many trials the session may still have, and how many images the rater could be given
    (`free_images`). The caller's transaction holds the session's row.
    """
    trials, free = left
    plan = access.protocol.plan
    if standing.block == PRACTICE_BLOCK:
        practice = _practice(access, session, plan)
        if practice:
            return _lease(access, session, practice, PRACTICE_BLOCK, standing.expected)
    repeated = candidates.repeats_of(session.id) if plan.repeat_share else 0
    mix = block_mix(plan, session.seed, holdings.placed, trials, repeated)
    picks = _pick(access, session, standing, mix, free)
    if not picks:
        return []
    block = max(standing.block, PRACTICE_BLOCK + 1)
    return _lease(access, session, _in_order(picks, session, block), block, standing.expected)


def practise_again(
    *, access: Access, session: SessionFacts, standing: Standing
) -> list[OfferedTrial]:
    """Leases the practice images of the last block once more, in another order."""
    picks = _as(Role.PRACTICE, candidates.practised(session.id, standing.block - 1))
    order = arrange([pick.content for pick in picks], f"{session.seed}:practice:{standing.block}")
    again = [picks[place] for place in order]
    return _lease(access, session, again, standing.block, standing.expected)


def _lease(
    access: Access, session: SessionFacts, picks: Iterable[Pick], block: int, expected: int
) -> list[OfferedTrial]:
    asking = access.protocol.asking
    return slots.lease_block(
        picks=[
            replace(pick, asked_up_to=asking.up_to(session.seed, pick.stimulus_id))
            for pick in picks
        ],
        block=block,
        study_id=access.study.id,
        rater_id=access.rater_id,
        session_id=session.id,
        expected=expected,
        lease_seconds=access.study.lease_seconds,
    )


def _practice(access: Access, session: SessionFacts, plan: SessionPlan) -> list[Pick]:
    """Practice images that this rater has not met, chosen to span the range of scores."""
    if not plan.practice_trials:
        return []
    known = candidates.unmet_known(access, "practice")
    chosen = span([item.score for item in known], plan.practice_trials)
    picks = _as(Role.PRACTICE, (known[n] for n in chosen))
    order = arrange([pick.content for pick in picks], f"{session.seed}:practice")
    return [picks[n] for n in order]


def _pick(
    access: Access, session: SessionFacts, standing: Standing, mix: BlockMix, free: int
) -> list[Pick]:
    """The block's stimuli. If a role finds too few, main trials take their places; if no main
    trials are left although some are wanted, the block is empty."""
    others = [
        *_stabilising(access, session, mix.stabilisation, free),
        *_repeats(session, standing, mix.repeat),
        *_gold(access, session, standing, mix.gold),
    ]
    number = mix.total - len(others)
    main = _main(access, session, standing.position, min(number, free), others)
    return [*main, *others] if main or not number else []


def _stabilising(access: Access, session: SessionFacts, number: int, free: int) -> list[Pick]:
    # They spend images on scores that never count: a study that is running out does without.
    number = min(number, free // 4)
    if not number:
        return []
    start = chance(f"{session.seed}:stabilisation")
    return _as(Role.STABILISATION, candidates.stabilising(access, number, start))


def _main(
    access: Access, session: SessionFacts, position: int, number: int, others: Sequence[Pick]
) -> list[Pick]:
    study, met = access.study, [pick.stimulus_id for pick in others]

    def take(kind: Next, wanted: int, taken: Sequence[int]) -> list[Pick]:
        return slots.take_slots(
            kind=kind,
            number=wanted,
            study_id=study.id,
            rater_id=access.rater_id,
            taken=[*met, *taken],
        )

    return draw_main(session.seed, position, number, study.shares, take)


def draw_main(seed: int, position: int, number: int, shares: Shares, take: Take) -> list[Pick]:
    """The main trials of a block: `number` of them from `position` on in the session with `seed`.

    take: gives up to so many images of a kind, none of those that the block has already. A claim's
    takes their slots, too; the queue's (`upcoming`) only looks.
    """
    kinds = Counter(next_rating(seed, position + offset, shares) for offset in range(number))
    picks: list[Pick] = []
    for first, wanted in sorted(kinds.items()):
        end = len(picks) + wanted
        for draw in draws_to_try(first.draw):
            if len(picks) < end:
                kind = first if draw is first.draw else Next(draw)
                picks += take(kind, end - len(picks), [pick.stimulus_id for pick in picks])
    return picks


def _repeats(session: SessionFacts, standing: Standing, number: int) -> list[Pick]:
    if not number:
        return []
    known = candidates.repeatable(session.id, before=standing.position - REPEAT_DISTANCE)
    return _sample(known, number, Role.REPEAT, session, standing.block)


def _gold(access: Access, session: SessionFacts, standing: Standing, number: int) -> list[Pick]:
    if not number:
        return []
    known = candidates.unmet_known(access, "gold")
    return _sample(known, number, Role.GOLD, session, standing.block)


def _sample(
    known: Sequence[Candidate], number: int, role: Role, session: SessionFacts, block: int
) -> list[Pick]:
    rng = random.Random(f"{session.seed}:{role}:{block}")  # noqa: S311 -- a reproducible draw
    return _as(role, rng.sample(known, min(number, len(known))))


def _as(role: Role, chosen: Iterable[Candidate]) -> list[Pick]:
    return [Pick(item.stimulus_id, item.content, role) for item in chosen]


def _in_order(picks: Sequence[Pick], session: SessionFacts, block: int) -> list[Pick]:
    """Stabilisation first, the rest mixed; nobody can tell a role or a priority by its place."""
    first = [pick for pick in picks if pick.role is Role.STABILISATION]
    rest = [pick for pick in picks if pick.role is not Role.STABILISATION]
    last = candidates.last_content(session.id)
    ordered: list[Pick] = []
    for part, group in enumerate((first, rest)):
        after: Content | None = ordered[-1].content if ordered else last
        order = arrange([pick.content for pick in group], f"{session.seed}:{block}:{part}", after)
        ordered += [group[n] for n in order]
    return ordered
