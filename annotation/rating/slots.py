"""The slots that main trials hold on stimuli: taken by a claim, given back, taken again.

`Stimulus.claimed_ratings` changes only here, and always in the transaction that changes the
trials, so the counter equals a recount whenever a transaction ends. Trials of other roles
(practice, repeats, gold) hold no slot.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from workbench.core.statements import prepared_cursor

from ..protocol.draw import Draw
from ..protocol.forms import ALWAYS
from ..protocol.goal import Next
from ..protocol.order import Content
from ..protocol.plan import LIMITS, Role
from ..protocol.skips import Skip
from ..protocol.split import Split
from .facts import ELIGIBLE, OFFERED, PROMPT, OfferedTrial

_PRIORITY = "stimulus.priority DESC, stimulus.shuffle"
#: Of each kind of draw, the side that it draws from and the order of images there.
ORDERS: dict[Next, tuple[Split, str]] = {
    Next(Draw.PRIORITY): (Split.POOL, _PRIORITY),
    Next(Draw.PRIORITY, spread=True): (Split.POOL, f"stimulus.claimed_ratings, {_PRIORITY}"),
    Next(Draw.AUDIT): (Split.POOL, "stimulus.shuffle"),
    Next(Draw.HOLDOUT): (Split.HOLDOUT, "stimulus.shuffle"),
}

#: No block takes more; the planner must know the limit, or it plans for a tenth of the study.
_MOST = int(LIMITS["block_trials"][1])

# Locks the first free stimuli of an index and counts the slots. Rows that another claim holds
# at that moment are skipped. NO KEY: a trial of another rater may refer to the stimulus
# meanwhile (as stabilisation), and two claims that refer to each other's would deadlock. The outer
# limit asks for no more rows than are wanted, and the inner part locks only rows that are asked
# for; so the text is the same for every number, and is planned once.
_TAKE = """
WITH picked AS (
    SELECT first.id FROM (
        SELECT stimulus.id FROM annotation_stimulus AS stimulus
        WHERE {eligible} AND stimulus.split = '{split}' AND stimulus.id <> ALL (%(taken)s)
        ORDER BY {order} LIMIT {most}
        FOR NO KEY UPDATE OF stimulus SKIP LOCKED
    ) AS first LIMIT %(number)s
)
UPDATE annotation_stimulus AS stimulus SET claimed_ratings = stimulus.claimed_ratings + 1
FROM picked WHERE stimulus.id = picked.id
RETURNING stimulus.id, {prompt}, stimulus.generator_id
"""
#: The statement that takes slots in each order.
TAKE = {
    kind: _TAKE.format(eligible=ELIGIBLE, split=split, order=order, most=_MOST, prompt=PROMPT)
    for kind, (split, order) in ORDERS.items()
}

_LEASE = f"""
WITH given AS (
    SELECT * FROM unnest(
        %(stimuli)s::bigint[], %(roles)s::text[], %(draws)s::text[], %(asked)s::float8[]
    ) WITH ORDINALITY AS given (stimulus_id, role, draw, asked_up_to, place)
), step AS (
    UPDATE annotation_ratingsession
    SET next_position = next_position + (SELECT count(*) FROM given), next_block = %(block)s + 1,
        expected_trials = %(expected)s
    WHERE id = %(session)s
    RETURNING next_position - (SELECT count(*) FROM given) AS first
), trial AS (
    INSERT INTO annotation_trial (
        study_id, session_id, rater_id, stimulus_id, position, block, role, draw, state,
        leased_at, lease_expires_at, skip_reason, behaviour, asked_up_to
    )
    SELECT %(study)s, %(session)s, %(rater)s, given.stimulus_id, step.first + given.place - 1,
        %(block)s, given.role, given.draw, 'leased', now(),
        now() + make_interval(secs => %(seconds)s), '', '{{}}', given.asked_up_to
    FROM given, step
    RETURNING id, stimulus_id, position, block, role, lease_expires_at, asked_up_to, scored
)
SELECT {OFFERED}
FROM trial JOIN annotation_stimulus AS stimulus ON stimulus.id = trial.stimulus_id
JOIN annotation_prompt AS prompt ON prompt.id = stimulus.prompt_id
ORDER BY trial.position
"""  # noqa: S608 -- the part put in is a constant

# Waits for nobody, so it cannot deadlock: what is locked at the moment (an answer coming in,
# priorities being written) is left for the next sweep.
_GIVE_BACK = """
WITH due AS (
    SELECT trial.id, trial.stimulus_id, trial.role
    FROM annotation_trial AS trial
    JOIN annotation_stimulus AS stimulus ON stimulus.id = trial.stimulus_id
    WHERE trial.state = 'leased' AND {condition}
    LIMIT %(limit)s
    FOR NO KEY UPDATE OF trial, stimulus SKIP LOCKED
), expired AS (
    UPDATE annotation_trial AS trial SET state = 'expired' FROM due WHERE trial.id = due.id
    RETURNING trial.stimulus_id, trial.role
), freed AS (
    SELECT stimulus_id, count(*) AS slots FROM expired WHERE role = 'main' GROUP BY stimulus_id
), given AS (
    UPDATE annotation_stimulus AS stimulus
    SET claimed_ratings = stimulus.claimed_ratings - freed.slots
    FROM freed WHERE stimulus.id = freed.stimulus_id
)
SELECT count(*) FROM expired
"""
_GIVE_BACK_EXPIRED = _GIVE_BACK.format(condition="trial.lease_expires_at < now()")
_GIVE_BACK_SESSION = _GIVE_BACK.format(condition="trial.session_id = %(session)s")
_GIVE_BACK_IMAGE = _GIVE_BACK.format(condition="trial.stimulus_id = %(stimulus)s")

_GIVE_BACK_RATER = """
UPDATE annotation_stimulus AS stimulus SET claimed_ratings = stimulus.claimed_ratings - taken.slots
FROM (
    SELECT stimulus_id, count(*) AS slots FROM annotation_trial
    WHERE rater_id = %(rater)s AND role = 'main' AND state IN ('leased', 'submitted')
    GROUP BY stimulus_id
) AS taken WHERE stimulus.id = taken.stimulus_id
"""

#: When the image was first on the screen: as long ago as the page says, but not before it was given
#: out, and in the first pass if there are several.
DISPLAYED_AT = """
    CASE WHEN displayed_at IS NOT NULL THEN displayed_at
    WHEN %(displayed_ago_ms)s::float8 IS NOT NULL THEN
        GREATEST(leased_at, now() - make_interval(secs => %(displayed_ago_ms)s / 1000.0::float8))
    END
"""

_SKIP = f"""
WITH skipped AS (
    UPDATE annotation_trial SET state = 'skipped', skip_reason = %(reason)s, skip_note = %(note)s,
        displayed_at = {DISPLAYED_AT}
    WHERE id = %(trial)s AND state = 'leased' RETURNING stimulus_id, role
)
UPDATE annotation_stimulus AS stimulus SET claimed_ratings = stimulus.claimed_ratings - 1
FROM skipped WHERE stimulus.id = skipped.stimulus_id AND skipped.role = 'main'
"""  # noqa: S608 -- the part put in is a constant

_RETAKE = """
WITH free AS (
    SELECT trial.id, trial.role, stimulus.id AS stimulus_id
    FROM annotation_trial AS trial
    JOIN annotation_stimulus AS stimulus ON stimulus.id = trial.stimulus_id
    WHERE trial.id = %(trial)s AND trial.state = 'expired' AND stimulus.state = 'in_use'
        -- A repeat may coexist with its first time, not with another repeat; practice may be gone
        -- through again.
        AND NOT EXISTS (
            SELECT 1 FROM annotation_trial AS met
            WHERE met.rater_id = trial.rater_id AND met.stimulus_id = trial.stimulus_id
                AND NOT met.state = 'expired'
                AND (met.role = 'repeat') = (trial.role = 'repeat')
                AND (trial.role <> 'practice' OR met.block = trial.block)
        )
), slot AS (
    UPDATE annotation_stimulus AS stimulus SET claimed_ratings = stimulus.claimed_ratings + 1
    FROM free
    WHERE stimulus.id = free.stimulus_id AND free.role = 'main'
        AND stimulus.claimed_ratings < stimulus.maximum_ratings
    RETURNING stimulus.id
)
UPDATE annotation_trial AS trial
SET state = 'leased', lease_expires_at = now() + make_interval(secs => %(seconds)s)
FROM free
WHERE trial.id = free.id AND trial.state = 'expired'
    AND (free.role <> 'main' OR EXISTS (SELECT 1 FROM slot))
"""


@dataclass(frozen=True, slots=True)
class Pick:
    """A stimulus chosen for a block, not leased yet."""

    stimulus_id: int
    content: Content
    role: Role
    draw: Draw = Draw.PLAN
    #: Reasons are asked of scores up to this one, on 0…1; None if none is.
    asked_up_to: float | None = ALWAYS


def take_slots(
    *, kind: Next, number: int, study_id: int, rater_id: int, taken: Collection[int]
) -> list[Pick]:
    """Takes a slot on each of the first `number` stimuli in the order of `kind`, by id.

    number: at most the size of the largest block. taken: stimuli that this transaction has picked
    already. Lease them (`lease_block`) in the same transaction, which must hold the session's row,
    so that one rater's claims are serialized.
    """
    with prepared_cursor() as cursor:
        cursor.execute(
            TAKE[kind],
            {"study": study_id, "rater": rater_id, "taken": list(taken), "number": number},
        )
        return [
            Pick(stimulus, Content(prompt, generator), Role.MAIN, kind.draw)
            for stimulus, prompt, generator in sorted(cursor.fetchall())
        ]


def lease_block(
    *,
    picks: Iterable[Pick],
    block: int,
    study_id: int,
    rater_id: int,
    session_id: int,
    expected: int,
    lease_seconds: int,
) -> list[OfferedTrial]:
    """Leases the picks to the rater in this order, as the session's `block`.

    expected: how many trials after practice the session is to have in all, kept with it.
    """
    picks = list(picks)
    with prepared_cursor() as cursor:
        cursor.execute(
            _LEASE,
            {
                "stimuli": [pick.stimulus_id for pick in picks],
                "roles": [str(pick.role) for pick in picks],
                "draws": [str(pick.draw) for pick in picks],
                "asked": [pick.asked_up_to for pick in picks],
                "block": block,
                "study": study_id,
                "rater": rater_id,
                "session": session_id,
                "expected": expected,
                "seconds": lease_seconds,
            },
        )
        return [OfferedTrial(*row) for row in cursor.fetchall()]


def release_expired(*, limit: int) -> int:
    """Expires up to `limit` leases that ran out and gives their slots back; returns how many."""
    return _count(_GIVE_BACK_EXPIRED, {"limit": limit})


def release_session(*, session_id: int) -> int:
    """Gives back what a session still holds; a lease that is locked now runs out later."""
    return _count(_GIVE_BACK_SESSION, {"session": session_id, "limit": None})


def release_image(*, stimulus_id: int) -> int:
    """Expires the leases on an image, whoever holds them, but for those that are locked now."""
    return _count(_GIVE_BACK_IMAGE, {"stimulus": stimulus_id, "limit": None})


def give_back_rater(*, rater_id: int) -> None:
    """Gives back all that a rater holds or has rated; delete their trials in the same
    transaction."""
    with prepared_cursor() as cursor:
        cursor.execute(_GIVE_BACK_RATER, {"rater": rater_id})


def release_skipped(*, trial_id: int, skip: Skip, displayed_ago_ms: int | None) -> None:
    """Marks a leased trial as skipped and gives its slot back, if it held one."""
    with prepared_cursor() as cursor:
        cursor.execute(
            _SKIP,
            {
                "trial": trial_id,
                "reason": skip.reason,
                "note": skip.note,
                "displayed_ago_ms": displayed_ago_ms,
            },
        )


def reacquire_slot(*, trial_id: int, lease_seconds: int) -> bool:
    """Leases an expired trial again; False if its image is full, out of use, or with the rater
    again."""
    with prepared_cursor() as cursor:
        cursor.execute(_RETAKE, {"trial": trial_id, "seconds": lease_seconds})
        return bool(cursor.rowcount == 1)


def _count(sql: str, parameters: dict[str, Any]) -> int:
    with prepared_cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
        return int(row[0]) if row else 0
