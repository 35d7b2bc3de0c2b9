"""Whom a crowd platform is to pay: its participants, how far they came, and for how long.

The state is that of the latest session, so somebody who rates a second one is in progress again.
The code is what was earned: that of the last finished session, whatever came after it, even an
exclusion; without one, that of how the participant's part ended, or none while it has not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Prefetch, Q, QuerySet

from ..models import Participant, Rater, RatingSession, SharedLink, Study, Trial
from ..protocol.recruitment import Outcome, Recruitment
from ..protocol.sessions import SessionState
from ..studies.sittings import minutes_between
from .leaving import OUTCOMES, code_for

#: Of those who have not come to an end; an expired session can be followed by another.
JOINED, IN_PROGRESS, EXPIRED = "joined", "in_progress", "expired"
_SUBMITTED = Q(trials__state=Trial.State.SUBMITTED)


@dataclass(frozen=True)
class Payable:
    """One participant, with the latest session's state and the code that is theirs."""

    participant: str
    #: What the address said, by the names that the shared link has now.
    values: dict[str, str]
    rater: str
    #: An `Outcome`, or JOINED, IN_PROGRESS or EXPIRED.
    state: str
    #: From the end of the instructions to the last answer, pauses left out, of all sessions.
    minutes: float
    #: Images answered, practice and repeats among them.
    ratings: int
    #: Empty if there is nothing to pay for yet.
    code: str


def payment_table(study: Study) -> tuple[list[str], Iterator[list[Any]]]:
    """`payables` as a table: its columns and its rows."""
    link = SharedLink.objects.filter(study=study).first()
    others = link.platform.parameters[1:] if link else ()
    columns = ["participant", *others, "rater", "state", "minutes", "ratings", "code"]
    return columns, (_payment_row(item) for item in payables(study))


def _payment_row(item: Payable) -> list[Any]:
    who = [item.participant, *item.values.values(), item.rater]
    return [*who, item.state, item.minutes, item.ratings, item.code]


def payables(study: Study) -> Iterator[Payable]:
    """In the order of joining; two statements."""
    link = SharedLink.objects.filter(study=study).first()
    if link is None:
        return
    people = Participant.objects.filter(rater__study=study).select_related("rater")
    ended = Prefetch("rater__sessions", queryset=_sessions(), to_attr="sat")
    for person in people.prefetch_related(ended).order_by("rater_id"):
        yield _payable(person, link.platform)


def _sessions() -> QuerySet[RatingSession]:
    return RatingSession.objects.annotate(
        answered=Count("trials", filter=_SUBMITTED),
        last=Max("trials__submitted_at"),
    ).order_by("pk")


def _payable(person: Participant, platform: Recruitment) -> Payable:
    sessions: list[RatingSession] = person.rater.sat  # type: ignore[attr-defined] # prefetched
    return Payable(
        participant=person.identifier,
        values={name: person.values.get(name, "") for name in platform.parameters[1:]},
        rater=person.rater.code,
        state=(state := _state(person.rater, sessions)),
        minutes=round(sum(map(_minutes, sessions), 0.0), 1),
        ratings=sum(item.answered for item in sessions),  # type: ignore[attr-defined] # annotated
        code=_code(platform, state, sessions),
    )


def _state(rater: Rater, sessions: list[RatingSession]) -> str:
    if rater.status == Rater.Status.EXCLUDED:
        return Outcome.SCREENED_OUT
    if not sessions:
        return JOINED
    latest = sessions[-1].state
    return OUTCOMES.get(latest, EXPIRED if latest == SessionState.EXPIRED else IN_PROGRESS)


def _code(platform: Recruitment, state: str, sessions: list[RatingSession]) -> str:
    finished = [item.pk for item in sessions if item.state == SessionState.DONE]
    if finished:
        return code_for(platform, Outcome.COMPLETED, finished[-1])
    if state not in list(Outcome):
        return ""
    # Somebody excluded leaves without a session's own code.
    ended = [item.pk for item in sessions[-1:] if OUTCOMES.get(item.state) == state]
    return code_for(platform, Outcome(state), ended[0] if ended else None)


def _minutes(session: RatingSession) -> float:
    last: datetime | None = session.last  # type: ignore[attr-defined] # annotated
    return minutes_between(session.begun_at, last)
