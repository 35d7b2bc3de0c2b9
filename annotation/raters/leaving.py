"""Where a participant of a crowd platform is led to when their part is over.

What was earned stays payable: once a session is finished, its code is the participant's, whatever
came after it (another session, left or expired; an exclusion; a study that is paused or closed).
Without a finished session, the code is that of how their part ended.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ..models import Participant, RatingSession, SharedLink
from ..protocol.recruitment import Outcome, Recruitment
from ..protocol.sessions import SessionState
from .completion import completion_code

#: What an ended session means to a platform; one that expired can be taken up again.
OUTCOMES: dict[str, Outcome] = {
    SessionState.DONE: Outcome.COMPLETED,
    SessionState.WITHDRAWN: Outcome.LEFT,
    SessionState.STOPPED: Outcome.STOPPED,
    SessionState.SCREENED_OUT: Outcome.SCREENED_OUT,
}


@dataclass(frozen=True)
class Leaving:
    """A code for the platform, and the address that takes it; either may be empty."""

    code: str
    address: str


def leaving_of(
    rater_id: int, outcome: Outcome | None, *, session_id: int | None = None
) -> Leaving | None:
    """How this rater goes back: with what they earned, else with `outcome`, if there is one.

    None for one whom no platform sent, and if there is nothing to say.
    """
    person = Participant.objects.filter(rater_id=rater_id).first()
    if person is None:
        return None
    link = SharedLink.objects.filter(study=person.study_id).first()
    if link is None:
        return None
    finished = RatingSession.objects.filter(rater_id=rater_id, state=SessionState.DONE)
    earned = finished.order_by("-pk").values_list("pk", flat=True).first()
    if earned is not None:
        outcome, session_id = Outcome.COMPLETED, earned
    if outcome is None:
        return None
    return visitor_leaving(link.platform, outcome, person.values, session_id=session_id)


def visitor_leaving(
    platform: Recruitment,
    outcome: Outcome,
    values: Mapping[str, str],
    *,
    session_id: int | None = None,
) -> Leaving | None:
    """The same of somebody who has not joined, whose address said `values`."""
    code = code_for(platform, outcome, session_id)
    found = Leaving(code, platform.back(outcome).filled(code, values))
    return found if found.code or found.address else None


def code_for(platform: Recruitment, outcome: Outcome, session_id: int | None) -> str:
    """The platform's code for an outcome, or else the session's own."""
    own = completion_code(session_id) if session_id is not None else ""
    return platform.back(outcome).code or own
