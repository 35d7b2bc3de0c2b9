"""A running study: which raters are in session, and at which pace."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db import connection
from django.utils import timezone

from ..models import Rater, RatingSession, Study
from ..protocol.sessions import BARRING

#: Pace is that of the last minutes: over more, it would not describe the present.
PACE_MINUTES = 10
#: A rater who has answered in the last minutes, or holds an image, is active.
ACTIVE_MINUTES = 3

# A session's own trials alone: there are as many as a sitting has, whatever the study has.
_OPEN_SESSIONS = """
SELECT rater.id, rater.code, session.state, session.begun_at,
    count(*) FILTER (WHERE trial.state = 'leased' AND trial.lease_expires_at > %(now)s),
    count(*) FILTER (WHERE trial.state = 'submitted'),
    max(trial.submitted_at),
    array_agg(
        COALESCE(
            (trial.behaviour ->> 'shown_ms')::float8 / 1000,
            extract(epoch FROM trial.submitted_at - trial.displayed_at)::float8
        )
    ) FILTER (WHERE trial.submitted_at > %(since)s)
FROM annotation_ratingsession AS session
JOIN annotation_rater AS rater ON rater.id = session.rater_id
LEFT JOIN annotation_trial AS trial ON trial.session_id = session.id
WHERE rater.study_id = %(study)s AND rater.status = 'active'
    AND (%(rater)s::bigint IS NULL OR rater.id = %(rater)s)
    AND session.state IN ('instructions', 'rating', 'paused')
GROUP BY rater.id, session.id
ORDER BY max(trial.submitted_at) DESC NULLS LAST, rater.id
"""


@dataclass(frozen=True)
class OpenSession:
    """A sitting that is not over."""

    rater: int
    code: str
    state: str
    begun_at: datetime | None
    #: Images that the rater is looking at or gets next.
    leased: int
    #: Trials answered in this session, of any role.
    answered: int
    last_answer: datetime | None
    #: On screen, of each answer of the last `PACE_MINUTES` that was timed.
    recent_seconds: tuple[float, ...]
    #: Answers of the last `PACE_MINUTES`, and how many of those minutes the session has had.
    recent: int
    minutes: float
    active: bool

    @property
    def per_minute(self) -> float:
        return self.recent / self.minutes


@dataclass(frozen=True)
class Live:
    """All raters in session, the latest answer first."""

    sessions: list[OpenSession]

    @property
    def active(self) -> list[OpenSession]:
        return [item for item in self.sessions if item.active]

    @property
    def per_minute(self) -> float:
        """Answers per minute of all who are active."""
        return sum(item.per_minute for item in self.active)

    @property
    def median_seconds(self) -> float | None:
        """Per image, of those who are active; None without a timed answer."""
        seconds = [second for item in self.active for second in item.recent_seconds]
        return median(seconds) if seconds else None


def live_session(rater: Rater) -> OpenSession | None:
    """That of one rater; None if the rater is not in session."""
    return next(iter(_open_sessions(rater.study_id, rater.pk)), None)


def live_sessions(study: Study) -> Live:
    """The raters in session now; one statement."""
    return Live(_open_sessions(study.pk))


def _open_sessions(study: int, rater: int | None = None) -> list[OpenSession]:
    now = timezone.now()
    since = now - timedelta(minutes=PACE_MINUTES)
    with connection.cursor() as cursor:
        given = {"study": study, "rater": rater, "now": now, "since": since}
        cursor.execute(_OPEN_SESSIONS, given)
        rows = cursor.fetchall()
    return [_open_session(now, row) for row in rows]


def stopped_raters(study: Study) -> set[int]:
    """Keys of the raters that the study's rules, or its practice, keep from starting another
    session."""
    stopped = RatingSession.objects.filter(rater__study=study, state__in=BARRING)
    return set(stopped.values_list("rater", flat=True))


def _open_session(now: datetime, row: tuple[Any, ...]) -> OpenSession:
    rater, code, state, begun_at, leased, answered, last_answer, recent = row
    answers = recent or []
    begun = begun_at or now
    lately = last_answer is not None and now - last_answer < timedelta(minutes=ACTIVE_MINUTES)
    return OpenSession(
        rater=rater,
        code=code,
        state=state,
        begun_at=begun_at,
        leased=leased,
        answered=answered,
        last_answer=last_answer,
        recent_seconds=tuple(max(item, 0.0) for item in answers if item is not None),
        recent=len(answers),
        # Not less than one: the first answer after two seconds is not thirty per minute.
        minutes=min(max((now - begun).total_seconds() / 60, 1.0), float(PACE_MINUTES)),
        active=state == "rating" and (leased > 0 or lately),
    )
