"""Whether a rater has passed practice, if their study asks for that."""

from collections.abc import Iterator
from enum import StrEnum

from ..models import Score, Trial
from ..opinion.imported import imported_scores, known_units
from ..protocol.practice import expectation
from ..raters.access import Access, SessionFacts

#: Shares are of few answers: less than this is rounding.
_SLACK = 1e-9


class Verdict(StrEnum):
    """What follows practice."""

    PASSED = "passed"
    AGAIN = "again"
    FAILED = "failed"


def verdict_of(access: Access, session: SessionFacts, block: int) -> Verdict:
    """After the practice in `block` of the session; passed if there was none, or nothing is asked.

    First answers count: a rater who goes back has seen what is expected. A round of which an image
    was lost, because the rater was away too long, is repeated and not counted; one in which every
    image was skipped is not passed.
    """
    plan = access.protocol.plan
    if not plan.practice_pass_share:
        return Verdict.PASSED
    rounds = _rounds(session.id)
    if block not in rounds:
        return Verdict.PASSED
    if not rounds[block]:
        return Verdict.AGAIN
    held = list(_held(access, session.id, block))
    if held and sum(held) / len(held) >= plan.practice_pass_share - _SLACK:
        return Verdict.PASSED
    tries = sum(rounds.values())
    return Verdict.AGAIN if tries < plan.practice_tries else Verdict.FAILED


def _rounds(session_id: int) -> dict[int, bool]:
    """The session's blocks of practice, and whether none of their images was lost."""
    trials = Trial.objects.filter(session_id=session_id, role=Trial.Role.PRACTICE)
    found: dict[int, bool] = {}
    for block, state in trials.values_list("block", "state"):
        found[block] = found.get(block, True) and state != Trial.State.EXPIRED
    return found


def _held(access: Access, session_id: int, block: int) -> Iterator[bool]:
    """For each first answer with a known score, whether it was within the expected range."""
    answers = Score.objects.filter(
        trial__session_id=session_id,
        trial__block=block,
        trial__role=Trial.Role.PRACTICE,
        revision=1,
    ).values_list("trial__stimulus", "perspective__key", "value")
    given = {(stimulus, key): value for stimulus, key, value in answers}
    stimuli = {stimulus for stimulus, _key in given}
    known = known_units(imported_scores(access.study.id).filter(stimulus__in=stimuli))
    scales = {item.key: item.scale for item in access.protocol.perspectives}
    for place, value in given.items():
        if place in known:
            yield expectation(place[1], scales[place[1]], known[place]).holds(value)
