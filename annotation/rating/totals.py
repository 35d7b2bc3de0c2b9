"""How many trials a rater is told that the session has: true from the first that counts, and never
more later (docs/decisions/032)."""

from dataclasses import replace

from ..models import RatingSession
from ..protocol.forecast import Stock, trials_in_all
from ..raters.access import Access, SessionFacts
from . import draws as candidates
from .blocks import Standing
from .facts import COUNTED, Holdings, free_images, holdings_of


def tell_total(
    access: Access,
    session: SessionFacts,
    standing: Standing,
    holdings: Holdings,
    left: tuple[int, int],
) -> Standing:
    """The standing with the total that the rater is told from now on, which is stored.

    left: the session's length, and how many images the rater could be given (`free_images`).
    """
    length, free = left
    expected = _expected_trials(
        access=access,
        session=session,
        position=standing.position,
        placed=holdings.placed,
        free=free,
        length=length,
    )
    if expected != standing.expected:
        RatingSession.objects.filter(pk=session.id).update(expected_trials=expected)
    return replace(standing, expected=expected)


def progress_of(*, access: Access, session: SessionFacts) -> tuple[int, int]:
    """Answers given after practice, and how many the session will have had; only looks."""
    holdings, passes = holdings_of(session.id), access.protocol.passes
    position, total = RatingSession.objects.values_list("next_position", "expected_trials").get(
        pk=session.id
    )
    if not holdings.placed:
        total = _expected_trials(
            access=access,
            session=session,
            position=position,
            placed=0,
            free=free_images(access),
            length=access.study.session_trials,
        )
    return holdings.done(passes), total * passes


def _expected_trials(
    *, access: Access, session: SessionFacts, position: int, placed: int, free: int, length: int
) -> int:
    """How many trials after practice the session will have had when it ends at `length`.

    position: the next trial's; placed: trials after practice answered or leased; free: how many
    images the rater could be given (`free_images`): from COUNTED on, enough.
    """
    plan = access.protocol.plan
    if free >= COUNTED:
        return length
    stock = Stock(
        placed=placed,
        free=free,
        repeated=candidates.repeats_of(session.id) if plan.repeat_share else 0,
        ages=[position - at for at in candidates.unrepeated(session.id)]
        if plan.repeat_share
        else (),
        gold=len(candidates.unmet_known(access, "gold")) if plan.gold_share else 0,
    )
    return trials_in_all(plan, session.seed, stock, length)
