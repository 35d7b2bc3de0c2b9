"""The queue: which images raters are given next, and why; read, nothing is claimed.

It is what a rater who has met no image would be given, block after block, by the code that a claim
runs (`blocks.draw_main`). Whoever has met some of the images gets those after them; which trial is
of which kind is drawn by chance in every session, in the same shares.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from ..models import Stimulus, Study
from ..protocol.draw import Draw
from ..protocol.goal import Next
from ..protocol.order import Content
from ..protocol.plan import Role
from .blocks import draw_main
from .facts import PROMPT, WANTED
from .slots import ORDERS, Pick
from .topping_up import half_widths

#: The queue is told so far; of what comes later, much depends on the answers until then.
LONGEST = 960

_LOOK = """
SELECT stimulus.id, {prompt}, stimulus.generator_id FROM annotation_stimulus AS stimulus
WHERE {wanted} AND stimulus.split = '{split}' ORDER BY {order} LIMIT %(number)s
"""
_LOOKS = {
    kind: _LOOK.format(wanted=WANTED, split=split, order=order, prompt=PROMPT)
    for kind, (split, order) in ORDERS.items()
}


class Reason(StrEnum):
    """Why an image is rated next."""

    #: Nobody has rated it; among such, the model's priority decides.
    NEW = "new"
    #: It was begun, and has fewer than its first ratings.
    BEGUN = "begun"
    #: It has its first ratings, and its interval is still wide.
    WIDE = "wide"
    #: Drawn at random, to show what chance would have chosen.
    AUDIT = "audit"
    #: Of the hold-out, which measures the model.
    HOLDOUT = "holdout"


@dataclass(frozen=True)
class Upcoming:
    """An image of the queue: its place (from 1), and half of the widest of its 95 % intervals as a
    share of the scale, None without one."""

    place: int
    stimulus: Stimulus
    reason: Reason
    half_width: float | None


@dataclass(frozen=True)
class Wanted:
    """Images that want a rating now, and how many ratings they want in all."""

    pool: int
    holdout: int
    ratings: int

    @property
    def images(self) -> int:
        return self.pool + self.holdout


def queue_of(study: Study, number: int = LONGEST) -> list[Pick]:
    """The first `number` images of the queue, at most LONGEST; fewer if fewer want a rating."""
    number = min(number, LONGEST)
    take, size = _Look(study, number), study.plan.block_trials
    picks: list[Pick] = []
    while len(picks) < number:
        block = draw_main(study.seed, len(picks), size, study.shares, take)
        picks += block
        if len(block) < size:
            break
        take.end_block(block)
    return picks[:number]


def upcoming(study: Study, picks: Sequence[Pick], first: int = 1) -> list[Upcoming]:
    """The images of `picks`, the first of which is at the place `first`, with their reasons."""
    rows = Stimulus.objects.select_related("prompt", "generator")
    found = rows.in_bulk([pick.stimulus_id for pick in picks])
    # One may have been deleted since.
    there = [(place, pick) for place, pick in enumerate(picks, first) if pick.stimulus_id in found]
    widths = half_widths(study, list(found.values()))
    return [
        Upcoming(
            place,
            found[pick.stimulus_id],
            reason_of(study, pick.draw, found[pick.stimulus_id]),
            widths.get(pick.stimulus_id),
        )
        for place, pick in there
    ]


def reason_of(study: Study, draw: Draw, stimulus: Stimulus) -> Reason:
    """Why a draw gives this image."""
    if draw is Draw.HOLDOUT:
        return Reason.HOLDOUT
    if draw is Draw.AUDIT:
        return Reason.AUDIT
    if not stimulus.claimed_ratings:
        return Reason.NEW
    topped_up = study.wanted_half_width > 0 and stimulus.claimed_ratings >= study.target_ratings
    return Reason.WIDE if topped_up else Reason.BEGUN


def wanted_of(study: Study) -> Wanted:
    """How much is left to rate."""
    rows = Stimulus.objects.filter(
        study=study,
        claimed_ratings__lt=F("wanted_ratings"),
        purpose=Stimulus.Purpose.MAIN,
        state=Stimulus.State.IN_USE,
    ).exclude(sha256="")
    counts = rows.aggregate(
        pool=Count("pk", filter=Q(split=Stimulus.Split.POOL)),
        holdout=Count("pk", filter=Q(split=Stimulus.Split.HOLDOUT)),
        ratings=Coalesce(Sum(F("wanted_ratings") - F("claimed_ratings")), 0),
    )
    return Wanted(**counts)


class _Look:
    """Takes images for a block as a claim does, without their slots; a block that has ended is
    met."""

    def __init__(self, study: Study, number: int) -> None:
        self._parameters = {"study": study.pk, "number": number + study.plan.block_trials}
        self._met: set[int] = set()
        self._rows: dict[Next, list[Pick]] = {}

    def __call__(self, kind: Next, number: int, taken: Sequence[int]) -> list[Pick]:
        met = self._met.union(taken)
        return [pick for pick in self._of(kind) if pick.stimulus_id not in met][:number]

    def end_block(self, block: Sequence[Pick]) -> None:
        self._met.update(pick.stimulus_id for pick in block)
        for kind, rows in self._rows.items():
            self._rows[kind] = [pick for pick in rows if pick.stimulus_id not in self._met]

    def _of(self, kind: Next) -> list[Pick]:
        if kind not in self._rows:
            with connection.cursor() as cursor:
                cursor.execute(_LOOKS[kind], self._parameters)
                self._rows[kind] = [
                    Pick(stimulus, Content(prompt, generator), Role.MAIN, kind.draw)
                    for stimulus, prompt, generator in cursor.fetchall()
                ]
        return self._rows[kind]
