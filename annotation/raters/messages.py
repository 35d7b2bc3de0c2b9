"""Messages between an owner and raters: written, delivered, read."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.errors import MintError

from ..models import Message, Rater, Study, Trial
from ..protocol.answers import storable_text
from ..protocol.errors import ProtocolError
from ..studies.audit import record
from .access import Access
from .errors import InvalidAnswerError, TooManyReportsError, TrialNotFoundError

#: Characters of one message.
TEXT_LIMIT = 2000
#: Reports that a rater may have waiting to be read: no page can fill the database.
UNREAD_REPORTS = 50


class MessageError(MintError):
    """A message without words, with too many, or for nobody."""

    code = "message_invalid"


@transaction.atomic
def write_to_raters(*, study: Study, raters: Sequence[Rater], actor: User, text: str) -> int:
    """One message for each rater, who sees it on their page; returns how many there are."""
    words = _words(text)
    if not raters:
        raise MessageError(_("There is no rater to write to."))
    Message.objects.bulk_create(
        Message(rater=rater, sender=Message.Sender.OWNER, author=actor, text=words)
        for rater in raters
    )
    codes = [rater.code for rater in raters] if len(raters) == 1 else []
    record(study=study, actor=actor, action="raters.written_to", count=len(raters), raters=codes)
    return len(raters)


def mark_reports_read(*, study: Study) -> None:
    """The owner has seen what the study's raters reported."""
    Message.objects.filter(rater__study=study, sender=Message.Sender.RATER, read_at=None).update(
        read_at=Now()
    )


def report(*, access: Access, text: object, trial_id: object) -> Message:
    """A rater's report to the study's owner, about the trial with this id or (None) in general.

    The same again within the unread ones is the same report: a page may send it twice.
    """
    if trial_id is not None and (isinstance(trial_id, bool) or not isinstance(trial_id, int)):
        raise InvalidAnswerError(f"trial: {trial_id!r} is not the number of a trial")
    try:
        words = _words(storable_text(text, "text"))
    except (ProtocolError, MessageError) as error:
        raise InvalidAnswerError(str(error)) from error
    trial = None
    if trial_id is not None:
        trial = Trial.objects.filter(pk=trial_id, rater_id=access.rater_id).first()
        if trial is None:
            raise TrialNotFoundError
    unread = Message.objects.filter(
        rater_id=access.rater_id, sender=Message.Sender.RATER, read_at=None
    )
    same = unread.filter(trial=trial, text=words).first()
    if same is not None:
        return same
    if unread.count() >= UNREAD_REPORTS:
        raise TooManyReportsError
    return Message.objects.create(
        rater_id=access.rater_id, sender=Message.Sender.RATER, trial=trial, text=words
    )


def mark_read(*, access: Access, up_to: object) -> None:
    """The rater has seen the owner's messages, up to the one with this id."""
    if isinstance(up_to, bool) or not isinstance(up_to, int):
        raise InvalidAnswerError(f"up_to: {up_to!r} is not the number of a message")
    Message.objects.filter(
        rater_id=access.rater_id, sender=Message.Sender.OWNER, read_at=None, pk__lte=up_to
    ).update(read_at=Now())


def _words(text: str) -> str:
    try:
        words = storable_text(text, "text").strip()
    except ProtocolError as error:
        raise MessageError(str(error)) from error
    if not words:
        raise MessageError(_("Write a few words first."))
    if len(words) > TEXT_LIMIT:
        raise MessageError(
            _("The message has %(length)d characters; the limit is %(limit)d.")
            % {"length": len(words), "limit": TEXT_LIMIT}
        )
    return words
