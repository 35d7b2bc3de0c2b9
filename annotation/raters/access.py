"""The link of a rater, and who comes with one: the rater, with their study and open session.

A link is a signature, not a stored secret (docs/decisions/004).
"""

from dataclasses import dataclass

from django.core import signing
from django.urls import reverse

from workbench.core.statements import prepared_cursor

from ..models import Protocol, Rater, Study
from ..protocol.document import ProtocolDocument
from ..protocol.goal import Shares
from ..protocol.sessions import OPEN_STATES, SessionState
from ..studies.protocols import document_of, stored_document
from .errors import LinkError, LinkReplacedError, ProtocolChangedError, RaterExcludedError

_signer = signing.Signer(salt="annotation.rater", sep=".")

# Plain SQL: it runs once per request. The states are literals, as in the index that it reads.
_ACCESS = f"""
SELECT rater.id, rater.code, rater.status, rater.link_version,
    study.id, study.status,
    study.session_trials, study.lease_seconds,
    study.audit_share, study.holdout_share, study.teaching_share,
    session.id, session.state, session.seed, session.protocol_id,
    EXISTS (
        SELECT 1 FROM annotation_message AS message
        WHERE message.rater_id = rater.id AND message.sender = 'owner' AND message.read_at IS NULL
    )
FROM annotation_rater AS rater
JOIN annotation_study AS study ON study.id = rater.study_id
LEFT JOIN annotation_ratingsession AS session
    ON session.rater_id = rater.id AND session.state IN {tuple(map(str, OPEN_STATES))}
WHERE rater.code = %s AND rater.erased_at IS NULL AND rater.source = ''
"""  # noqa: S608 -- constants of the code


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """A study as the rating API needs it, apart from what it asks."""

    id: int
    status: str
    session_trials: int
    lease_seconds: int
    audit_share: float
    holdout_share: float
    teaching_share: float

    @property
    def shares(self) -> Shares:
        return Shares(self.holdout_share, self.audit_share, self.teaching_share)

    @property
    def is_open(self) -> bool:
        return self.status == Study.Status.OPEN

    @property
    def takes_answers(self) -> bool:
        """While a study is paused, what raters hold is still taken; nothing new is given out."""
        return self.is_open or self.status == Study.Status.PAUSED


@dataclass(frozen=True, slots=True)
class SessionFacts:
    id: int
    state: SessionState
    seed: int
    #: The key of its protocol.
    protocol: int

    def require(self, protocol: int) -> None:
        """Raises ProtocolChangedError if its protocol is another one by now."""
        if protocol != self.protocol:
            raise ProtocolChangedError


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

    @property
    def protocol(self) -> ProtocolDocument:
        """What the open session asks; without one, what a session begun now would ask.

        Raises ProtocolChangedError if the session was given another since it was read.
        """
        if self.session is None:
            return document_of(Study.objects.get(pk=self.study.id))
        try:
            return stored_document(self.session.protocol)
        except Protocol.DoesNotExist as error:
            raise ProtocolChangedError from error


def find_access(code: str) -> Access | None:
    """The rater with this code, or None; one statement."""
    with prepared_cursor() as cursor:
        cursor.execute(_ACCESS, [code])
        row = cursor.fetchone()
    if row is None:
        return None
    session = SessionFacts(row[11], SessionState(row[12]), *row[13:15]) if row[11] else None
    return Access(row[0], row[1], row[2], row[3], StudyFacts(*row[4:11]), session, row[15])


def link_token(rater: Rater) -> str:
    """The content of the rater's link: code and link version, signed with the site's key."""
    return _signer.sign(f"{rater.code}.{rater.link_version}")


def rater_link(rater: Rater) -> str:
    """The path of the rater's page."""
    return reverse("rate", args=[link_token(rater)])


def read_token(token: str) -> tuple[str, int]:
    """The code and link version that a token was signed for; LinkError if it is forged.

    Whether that version is still the rater's is for the caller to see.
    """
    try:
        code, version = _signer.unsign(token).rsplit(".", 1)
        return code, int(version)
    except (signing.BadSignature, ValueError) as error:
        raise LinkError from error


def rater_access(token: str) -> Access:
    """The rater behind a link, with study and open session; one statement.

    Raises LinkError if the link is forged, LinkReplacedError, RaterExcludedError.
    """
    code, version = read_token(token)
    access = find_access(code)
    if access is None:
        raise LinkError
    if access.link_version != version:
        raise LinkReplacedError
    if access.rater_status != Rater.Status.ACTIVE:
        raise RaterExcludedError
    return access
