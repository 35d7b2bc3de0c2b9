"""How a session's next stimulus is drawn: by priority, as a random audit, or from the hold-out.

Which of the three is random, but fixed by the session's seed and the trial's position, so that a
session can be replayed and nobody can tell an important image by its place.
"""

from enum import StrEnum

from .chance import chance


class Draw(StrEnum):
    """Why a stimulus was shown to a rater; stored with the trial, so that the unbiased sample can
    be told apart later."""

    PRIORITY = "priority"
    AUDIT = "audit"
    HOLDOUT = "holdout"
    #: By the session's plan (`plan.Role`), not drawn.
    PLAN = "plan"


#: If a draw finds nothing, the next one is tried. Audit and priority empty the same pool.
_FALL_THROUGH: dict[Draw, tuple[Draw, ...]] = {
    Draw.PRIORITY: (Draw.PRIORITY, Draw.HOLDOUT),
    Draw.AUDIT: (Draw.AUDIT, Draw.HOLDOUT),
    Draw.HOLDOUT: (Draw.HOLDOUT, Draw.PRIORITY),
}


def choose_draw(seed: int, position: int, audit_share: float, holdout_share: float) -> Draw:
    """The draw of the trial at `position` (from 0) of the session with `seed`.

    `holdout_share` of all trials come from the hold-out; of the others, which come from the pool,
    `audit_share` ignore priority. Both shares lie in 0…1.
    """
    drawn = chance(f"{seed}:{position}")
    if drawn < holdout_share:
        return Draw.HOLDOUT
    if drawn < holdout_share + (1 - holdout_share) * audit_share:
        return Draw.AUDIT
    return Draw.PRIORITY


def draws_to_try(first: Draw) -> tuple[Draw, ...]:
    """`first`, then what is tried if it finds nothing."""
    return _FALL_THROUGH[first]
