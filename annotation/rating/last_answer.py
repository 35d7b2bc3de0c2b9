"""The answer that a rater can go back to: the last one, while its block lasts."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Min

from workbench.core.statements import prepared_cursor

from ..models import Explanation, RatingSession, Score, Trial
from ..raters.access import Access, SessionFacts
from .facts import OFFERED, OfferedTrial

_TRIAL = f"""
SELECT {OFFERED}
FROM annotation_trial AS trial
JOIN annotation_stimulus AS stimulus ON stimulus.id = trial.stimulus_id
JOIN annotation_prompt AS prompt ON prompt.id = stimulus.prompt_id
WHERE trial.id = %s
"""  # noqa: S608 -- the part put in is a constant


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """What the rater sent last, as it counts now: for one pass, if a study has several."""

    trial: OfferedTrial
    #: By perspective.
    scores: dict[str, float]
    #: By perspective: phrases, text, regions and words.
    reasons: dict[str, dict[str, Any]]


def may_revise(access: Access, session_id: int, block: int) -> bool:
    """Whether an answer of this block can be changed now: the study lets raters, and the session
    is still in the block."""
    back = access.protocol.plan.blocks_back
    return back is not None and block >= _block_of(session_id) - back


def last_answer(access: Access, session: SessionFacts) -> LastAnswer | None:
    """None if there is none that could be changed."""
    firsts = Score.objects.filter(trial__session_id=session.id, revision=1)
    answered = firsts.exclude(trial__state=Trial.State.EXPIRED).order_by("-created_at", "-pk")
    found = answered.values_list("trial_id", "created_at", "trial__block").first()
    if found is None or not may_revise(access, session.id, found[2]):
        return None
    trial_id, sent_at, _block = found
    # Scores that were sent together were stored in one statement.
    together = firsts.filter(trial_id=trial_id, created_at=sent_at)
    asked = set(together.values_list("perspective", flat=True))
    current = {"trial_id": trial_id, "superseded_at": None, "perspective__in": asked}
    scores = Score.objects.filter(**current).values_list("perspective__key", "value")
    parts = ("phrases", "text", "regions", "words")
    reasons = Explanation.objects.filter(**current).values_list("perspective__key", *parts)
    with prepared_cursor() as cursor:
        cursor.execute(_TRIAL, [trial_id])
        trial = OfferedTrial(*cursor.fetchone())
    return LastAnswer(
        trial,
        dict(scores),
        {name: dict(zip(parts, values, strict=True)) for name, *values in reasons},
    )


def _block_of(session_id: int) -> int:
    """The block of the first image in hand; between two blocks, the one that has ended."""
    leased = Trial.objects.filter(session_id=session_id, state=Trial.State.LEASED)
    first: int | None = leased.aggregate(first=Min("block"))["first"]
    if first is not None:
        return first
    next_block = RatingSession.objects.values_list("next_block", flat=True).get(pk=session_id)
    return next_block - 1
