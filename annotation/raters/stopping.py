"""Sessions that the study's rules or its practice end, and owners who let raters continue after
all.

Nothing is deleted and nobody excluded: what was rated stays and counts as it did (decision 017).
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.errors import MintError

from ..models import Rater, RatingSession, Study
from ..opinion.reliability.judging import Flag
from ..protocol.sessions import BARRING, SessionState
from ..studies.audit import record
from .access import Access


class NotStoppedError(MintError):
    """Nothing keeps the rater from continuing."""

    code = "rater_not_stopped"
    status = 409


def screen_out(*, access: Access, session_id: int) -> None:
    """Ends a session in rating whose rater has not passed practice.

    The caller's transaction holds the session's row.
    """
    ended = RatingSession.objects.filter(pk=session_id, state=SessionState.RATING).update(
        state=SessionState.SCREENED_OUT, ended_at=Now()
    )
    if ended:
        record(
            study=Study.objects.get(pk=access.study.id),
            actor=None,
            action="rater.screened_out",
            rater=access.code,
            session=session_id,
        )


def stop_session(*, access: Access, session_id: int, flags: Sequence[Flag]) -> None:
    """Ends a session in rating by the rules that it fails, which are kept with it.

    The caller's transaction holds the session's row.
    """
    stopped = RatingSession.objects.filter(pk=session_id, state=SessionState.RATING).update(
        state=SessionState.STOPPED,
        ended_at=Now(),
        stopped_by=[flag.to_json() for flag in flags],
    )
    if stopped:
        record(
            study=Study.objects.get(pk=access.study.id),
            actor=None,
            action="rater.stopped",
            rater=access.code,
            session=session_id,
            rules=list(dict.fromkeys(flag.rule for flag in flags)),
        )


@transaction.atomic
def let_continue(*, rater: Rater, actor: User) -> None:
    """Lets a rater that the rules have stopped, or practice has screened out, begin another
    session, which is judged by itself."""
    stopped = RatingSession.objects.filter(rater=rater, state__in=BARRING)
    if not stopped.update(state=SessionState.DONE):
        raise NotStoppedError(_("No rule stops this rater from continuing; reload the page."))
    record(study=rater.study, actor=actor, action="rater.let_continue", rater=rater.code)
