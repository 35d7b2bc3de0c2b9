"""What the rating API reads on every request, in as few statements as it takes.

Plain SQL: these run once or more per rating, and building them through the ORM takes longer than
running them.
"""

import math
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q

from workbench.core.statements import prepared_cursor

from ..models import RatingSession, Trial
from ..protocol.plan import before_the_next_pass, comes_again
from ..protocol.sessions import SessionState
from ..raters.access import Access, SessionFacts
from ..studies.sittings import trials_of

#: Images left are counted up to this number; from there on it is "enough for the session".
COUNTED = 200

#: The key of a stimulus's prompt, whatever its spelling.
PROMPT = """(
    SELECT prompt.group_sha256 FROM annotation_prompt AS prompt WHERE prompt.id = stimulus.prompt_id
)"""
#: Whether trial `met` says that its rater has met its stimulus: the condition of an index.
MET = """
    NOT met.state = 'expired' AND NOT met.role = 'repeat'
    AND NOT (met.role = 'practice' AND met.block > 0)
"""

#: Stimuli that want a rating, whoever gives it: the condition of the indexes that a draw uses.
WANTED = """
    stimulus.study_id = %(study)s
    AND stimulus.claimed_ratings < stimulus.wanted_ratings
    AND stimulus.purpose = 'main' AND stimulus.state = 'in_use' AND stimulus.sha256 <> ''
"""
#: Those of them that the rater has not met: an expired trial is as if it had never been. OFFSET 0
#: keeps the planner from turning the probes of one index into a join, which it gets wrong while its
#: statistics are old.
ELIGIBLE = f"""
    {WANTED}
    AND NOT EXISTS (
        SELECT 1 FROM annotation_trial AS met
        WHERE met.rater_id = %(rater)s AND met.stimulus_id = stimulus.id
            AND {MET}
        OFFSET 0
    )
"""  # noqa: S608 -- the parts put in are the constants above

#: The columns of an `OfferedTrial`.
OFFERED = """
    trial.id, trial.position, trial.block, trial.role = 'practice', trial.lease_expires_at,
    prompt.text, stimulus.display, stimulus.exact, stimulus.width, stimulus.height,
    trial.asked_up_to, trial.scored
"""

# What a session holds, its leases renewed for `lease` seconds if less than three quarters of that
# is left: all of them, as a block is longer than what the page shows of it. Most answers find
# nothing due and write nothing; without `lease` nothing is due.
HOLDINGS = f"""
WITH renewed AS (
    UPDATE annotation_trial SET lease_expires_at = now() + make_interval(secs => %(lease)s::float8)
    WHERE session_id = %(session)s AND state = 'leased'
        AND lease_expires_at < now() + make_interval(secs => 0.75 * %(lease)s::float8)
    RETURNING id, lease_expires_at
), held AS (
    SELECT trial.id, trial.position, trial.block, trial.role, trial.stimulus_id, trial.asked_up_to,
        trial.scored, COALESCE(renewed.lease_expires_at, trial.lease_expires_at) AS lease_expires_at
    FROM annotation_trial AS trial LEFT JOIN renewed ON renewed.id = trial.id
    WHERE trial.session_id = %(session)s AND trial.state = 'leased'
), answered AS (
    SELECT count(*) FILTER (WHERE role <> 'practice') AS number,
        count(*) FILTER (WHERE block = (SELECT min(block) FROM held)) AS in_block
    FROM annotation_trial
    WHERE session_id = %(session)s AND state IN ('submitted', 'skipped')
)
SELECT answered.number, answered.in_block, {OFFERED}
FROM answered
LEFT JOIN held AS trial ON true
LEFT JOIN annotation_stimulus AS stimulus ON stimulus.id = trial.stimulus_id
LEFT JOIN annotation_prompt AS prompt ON prompt.id = stimulus.prompt_id
ORDER BY trial.block, trial.scored, trial.position
"""  # noqa: S608 -- the part put in is the constant above

# The inner limit is one that the planner knows, or it plans for a tenth of the study; the outer one
# can be another each time, and the plan is kept.
_FREE = f"""
SELECT count(*) FROM (
    SELECT FROM (
        SELECT FROM annotation_stimulus AS stimulus WHERE {ELIGIBLE} LIMIT {COUNTED}
    ) AS free LIMIT %(limit)s
) AS counted
"""  # noqa: S608 -- the parts put in are the constants above

_ANY_ELIGIBLE = f"""
SELECT EXISTS (SELECT 1 FROM annotation_stimulus AS stimulus WHERE {ELIGIBLE})
"""  # noqa: S608 -- the part put in is the constant above


@dataclass(frozen=True, slots=True)
class OfferedTrial:
    """A leased trial with what its rater is shown: its role only if it is practice."""

    id: int
    position: int
    block: int
    practice: bool
    lease_expires_at: datetime
    prompt: str
    display: str
    #: Its copy at its own size, if `display` is reduced; or empty.
    exact: str
    width: int
    height: int
    #: Reasons are asked of scores up to this one, on 0…1; None if none is.
    asked_up_to: float | None
    #: How many perspectives have their scores already, in the study's order.
    scored: int


@dataclass(frozen=True, slots=True)
class BlockPlace:
    """Which block of a session a rater is in: answers given in it, and its size."""

    number: int
    done: int
    size: int


@dataclass(frozen=True, slots=True)
class Holdings:
    """Where a session stands: trials answered (submitted or skipped) after practice, in it, and in
    the block of the first leased trial; and the trials leased now, in the order in which they are
    shown."""

    answered: int
    in_block: int
    leased: list[OfferedTrial] = field(default_factory=list)

    @property
    def placed(self) -> int:
        """Trials after practice that are answered or leased: the next one's place."""
        return self.answered + sum(not trial.practice for trial in self.leased)

    def with_block(self, block: list[OfferedTrial]) -> "Holdings":
        """The holdings once `block` has been leased too."""
        return replace(self, leased=[*self.leased, *block])

    def wants_more(self, ahead: int, passes: int) -> bool:
        """Whether the next block is claimed to have `1 + ahead` trials in hand: not while a block
        in hand has a pass left, which comes first."""
        if any(comes_again(trial.scored, passes) for trial in self.leased):
            return False
        return len(self.leased) <= ahead

    def shown(self, ahead: int, passes: int) -> list[OfferedTrial]:
        """Up to `1 + ahead` trials, none of which follows a pass that is not among them."""
        places = [(trial.block, trial.scored) for trial in self.leased]
        return self.leased[: min(1 + ahead, before_the_next_pass(places, passes))]

    @property
    def practising(self) -> bool:
        """Whether practice is not over."""
        return any(trial.practice for trial in self.leased)

    def done(self, passes: int) -> int:
        """Answers given after practice, if an image takes `passes` of them: those of whole trials,
        and those of trials that have some."""
        if passes == 1:
            return self.answered
        partly = sum(trial.scored for trial in self.leased if not trial.practice)
        return self.answered * passes + partly

    def block(self, passes: int) -> "BlockPlace | None":
        """The block that the rater is in, and how far: in answers, as `done`. None if nothing
        is leased."""
        if not self.leased:
            return None
        number = self.leased[0].block
        leased = [trial for trial in self.leased if trial.block == number]
        partly = sum(trial.scored for trial in leased) if passes > 1 else 0
        size = (self.in_block + len(leased)) * passes
        return BlockPlace(number, self.in_block * passes + partly, size)


def holdings_of(session_id: int, *, lease_seconds: int | None = None) -> Holdings:
    """What a session holds; one statement, whose cost does not grow with the study.

    lease_seconds: renews the session's leases for so long if that is due; None: only looks.
    """
    with prepared_cursor() as cursor:
        cursor.execute(HOLDINGS, {"session": session_id, "lease": lease_seconds})
        rows = cursor.fetchall()
    leased = [OfferedTrial(*row[2:]) for row in rows if row[2] is not None]
    answered, in_block = rows[0][:2]
    return Holdings(answered, in_block, leased)


def free_images(access: Access) -> int:
    """How many images this rater could be given now, counted up to a session's length and
    COUNTED: from there on it is enough."""
    limit = min(access.study.session_trials, COUNTED)
    row = _fetch_one(_FREE, {"study": access.study.id, "rater": access.rater_id, "limit": limit})
    return int(row[0]) if row else 0


def images_remain(access: Access) -> bool:
    """Whether this rater could be given any image now."""
    return _any_eligible(access.study.id, access.rater_id)


def images_for_anybody(study_id: int) -> bool:
    """Whether a rater who has seen nothing yet could be given any image now."""
    return _any_eligible(study_id, 0)


def _any_eligible(study_id: int, rater_id: int) -> bool:
    row = _fetch_one(_ANY_ELIGIBLE, {"study": study_id, "rater": rater_id})
    return bool(row and row[0])


def last_ended_session(access: Access) -> SessionFacts | None:
    """The rater's latest session that is over; None if there was none."""
    ended = RatingSession.objects.filter(rater_id=access.rater_id, ended_at__isnull=False)
    row = ended.order_by("-ended_at").values_list("pk", "state", "seed", "protocol_id").first()
    return SessionFacts(row[0], SessionState(row[1]), *row[2:]) if row else None


def answered_trials(access: Access) -> int:
    """How many images the rater has rated, in all sessions, practice apart. Images that came twice
    count twice, as in the number of the image on the page: nobody is told which did."""
    submitted = trials_of(access.rater_id).filter(state=Trial.State.SUBMITTED)
    return submitted.exclude(role=Trial.Role.PRACTICE).count()


@dataclass(frozen=True, slots=True)
class SessionWork:
    """What a rater did in one session: images answered, those of practice apart, and minutes."""

    images: int
    practice: int
    minutes: int


def session_work(session_id: int) -> SessionWork:
    """From the end of the instructions to the last answer, pauses left out, in whole minutes, begun
    ones included; as for the payment (`raters.paying`)."""
    submitted = Q(trials__state=Trial.State.SUBMITTED)
    practice = Q(trials__role=Trial.Role.PRACTICE)
    found = RatingSession.objects.annotate(
        answered=Count("trials", filter=submitted & ~practice),
        practised=Count("trials", filter=submitted & practice),
        last=Max("trials__submitted_at"),
    ).values_list("begun_at", "answered", "practised", "last")
    begun, images, practised, last = found.get(pk=session_id)
    seconds = (last - begun).total_seconds() if begun and last else 0.0
    return SessionWork(images, practised, max(math.ceil(seconds / 60), 0))


def _fetch_one(sql: str, parameters: Any) -> tuple[Any, ...] | None:
    with prepared_cursor() as cursor:
        cursor.execute(sql, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row
