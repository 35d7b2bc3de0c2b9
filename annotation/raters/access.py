"""A rater who asks: their study, and the session that is open."""

from dataclasses import dataclass

from workbench.core.statements import prepared_cursor

from ..protocol.sessions import SessionState
from ..studies.protocols import StudyFacts

# Plain SQL: it runs once per request.
_ACCESS = """
SELECT rater.id, rater.code, rater.status, rater.link_version,
    study.id, study.xmin || '/' || study.ctid, study.status,
    study.session_trials, study.lease_seconds,
    study.audit_share, study.holdout_share,
    session.id, session.state, session.seed,
    EXISTS (
        SELECT 1 FROM annotation_message AS message
        WHERE message.rater_id = rater.id AND message.sender = 'owner' AND message.read_at IS NULL
    )
FROM annotation_rater AS rater
JOIN annotation_study AS study ON study.id = rater.study_id
LEFT JOIN annotation_ratingsession AS session
    ON session.rater_id = rater.id AND session.state IN ('instructions', 'rating', 'paused')
WHERE rater.code = %s
"""


@dataclass(frozen=True, slots=True)
class SessionFacts:
    id: int
    state: SessionState
    seed: int


@dataclass(frozen=True, slots=True)
class Access:
    """A rater with the study and the open session, if there is one."""

    rater_id: int
    code: str
    rater_status: str
    link_version: int
    study: StudyFacts
    session: SessionFacts | None
    #: Whether the study's owner has written to the rater.
    unread: bool = False


def find_access(code: str) -> Access | None:
    """The rater with this code, or None; one statement."""
    with prepared_cursor() as cursor:
        cursor.execute(_ACCESS, [code])
        row = cursor.fetchone()
    if row is None:
        return None
    session = SessionFacts(row[11], SessionState(row[12]), row[13]) if row[11] else None
    return Access(row[0], row[1], row[2], row[3], StudyFacts(*row[4:11]), session, row[14])
