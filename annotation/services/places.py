"""The places that trials hold on stimuli: taken by a claim, given back, taken again.

Only here does `Stimulus.claimed_ratings` change, and always in the statement or transaction that
changes the trial beside it, so the counter equals a recount at every moment.
"""

from typing import Any

from ..protocol.draw import Draw
from ..selectors.rating import ELIGIBLE, OfferedTrial
from ..statements import prepared_cursor

_ORDERS: dict[Draw, tuple[str, str]] = {
    Draw.PRIORITY: ("pool", "stimulus.priority DESC, stimulus.shuffle"),
    Draw.AUDIT: ("pool", "stimulus.shuffle"),
    Draw.HOLDOUT: ("holdout", "stimulus.shuffle"),
}

# One statement per claim: it locks the first free stimulus of an index, counts the place, numbers
# the trial and inserts it. Rows that another claim holds this instant are passed over.
_CLAIM = """
WITH picked AS (
    SELECT stimulus.id FROM annotation_stimulus AS stimulus
    WHERE {eligible} AND stimulus.split = '{split}'
    ORDER BY {order} LIMIT 1
    FOR UPDATE OF stimulus SKIP LOCKED
), place AS (
    UPDATE annotation_stimulus AS stimulus SET claimed_ratings = stimulus.claimed_ratings + 1
    FROM picked WHERE stimulus.id = picked.id
    RETURNING stimulus.id, stimulus.prompt_id, stimulus.display, stimulus.width, stimulus.height
), step AS (
    UPDATE annotation_ratingsession SET next_position = next_position + 1
    WHERE id = %(session)s AND EXISTS (SELECT 1 FROM place)
    RETURNING next_position - 1 AS position
), trial AS (
    INSERT INTO annotation_trial (
        session_id, rater_id, stimulus_id, position, draw, state,
        leased_at, lease_expires_at, skip_reason
    )
    SELECT %(session)s, %(rater)s, place.id, step.position, '{draw}', 'leased',
        now(), now() + %(seconds)s * interval '1 second', ''
    FROM place, step
    RETURNING id, position, lease_expires_at
)
SELECT trial.id, trial.position, trial.lease_expires_at,
    prompt.text, place.display, place.width, place.height
FROM trial, place JOIN annotation_prompt AS prompt ON prompt.id = place.prompt_id
"""
CLAIM_STATEMENTS: dict[Draw, str] = {
    draw: _CLAIM.format(eligible=ELIGIBLE, split=split, order=order, draw=draw)
    for draw, (split, order) in _ORDERS.items()
}

# Waits for nobody, so it cannot deadlock: what is locked now (an answer coming in, priorities
# being written) is left for the next sweep.
_GIVE_BACK = """
WITH due AS (
    SELECT trial.id, trial.stimulus_id
    FROM annotation_trial AS trial
    JOIN annotation_stimulus AS stimulus ON stimulus.id = trial.stimulus_id
    WHERE trial.state = 'leased' AND {condition}
    LIMIT %(limit)s
    FOR UPDATE OF trial, stimulus SKIP LOCKED
), expired AS (
    UPDATE annotation_trial AS trial SET state = 'expired' FROM due WHERE trial.id = due.id
    RETURNING trial.stimulus_id
), freed AS (
    SELECT stimulus_id, count(*) AS places FROM expired GROUP BY stimulus_id
), given AS (
    UPDATE annotation_stimulus AS stimulus
    SET claimed_ratings = stimulus.claimed_ratings - freed.places
    FROM freed WHERE stimulus.id = freed.stimulus_id
)
SELECT count(*) FROM expired
"""
_GIVE_BACK_EXPIRED = _GIVE_BACK.format(condition="trial.lease_expires_at < now()")
_GIVE_BACK_SESSION = _GIVE_BACK.format(condition="trial.session_id = %(session)s")

_SKIP = """
WITH skipped AS (
    UPDATE annotation_trial SET state = 'skipped', skip_reason = %(reason)s
    WHERE id = %(trial)s AND state = 'leased' RETURNING stimulus_id
)
UPDATE annotation_stimulus AS stimulus SET claimed_ratings = stimulus.claimed_ratings - 1
FROM skipped WHERE stimulus.id = skipped.stimulus_id
"""

_RETAKE = """
WITH place AS (
    UPDATE annotation_stimulus AS stimulus SET claimed_ratings = stimulus.claimed_ratings + 1
    FROM annotation_trial AS trial
    WHERE trial.id = %(trial)s AND trial.state = 'expired' AND stimulus.id = trial.stimulus_id
        AND stimulus.claimed_ratings < stimulus.maximum_ratings
        AND NOT EXISTS (
            SELECT 1 FROM annotation_trial AS met
            WHERE met.rater_id = trial.rater_id AND met.stimulus_id = trial.stimulus_id
                AND NOT met.state = 'expired'
        )
    RETURNING stimulus.id
)
UPDATE annotation_trial
SET state = 'leased', lease_expires_at = now() + %(seconds)s * interval '1 second'
WHERE id = %(trial)s AND state = 'expired' AND EXISTS (SELECT 1 FROM place)
"""


def take_place(
    *, draw: Draw, study_id: int, rater_id: int, session_id: int, lease_seconds: int
) -> OfferedTrial | None:
    """Leases the first stimulus of `draw`'s order to the rater; None where there is none.

    Call it inside a transaction that holds the session's row, so that one rater's claims follow
    each other.
    """
    with prepared_cursor() as cursor:
        cursor.execute(
            CLAIM_STATEMENTS[draw],
            {
                "study": study_id,
                "rater": rater_id,
                "session": session_id,
                "seconds": lease_seconds,
            },
        )
        row = cursor.fetchone()
        return OfferedTrial(*row) if row else None


def give_back_expired(*, limit: int) -> int:
    """Expires up to `limit` leases that ran out and gives their places back; answers how many."""
    return _count(_GIVE_BACK_EXPIRED, {"limit": limit})


def give_back_session(*, session_id: int) -> int:
    """Gives back what a session still holds. A lease that is locked this instant runs out later."""
    return _count(_GIVE_BACK_SESSION, {"session": session_id, "limit": None})


def give_back_skipped(*, trial_id: int, reason: str) -> bool:
    """Marks a leased trial as skipped and gives its place back; False where it is not leased."""
    return _changed(_SKIP, {"trial": trial_id, "reason": reason})


def retake_place(*, trial_id: int, lease_seconds: int) -> bool:
    """Leases an expired trial again; False where its image is full or with the rater again."""
    return _changed(_RETAKE, {"trial": trial_id, "seconds": lease_seconds})


def _count(sql: str, parameters: dict[str, Any]) -> int:
    with prepared_cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
        return int(row[0]) if row else 0


def _changed(sql: str, parameters: dict[str, Any]) -> bool:
    with prepared_cursor() as cursor:
        cursor.execute(sql, parameters)
        return bool(cursor.rowcount == 1)
