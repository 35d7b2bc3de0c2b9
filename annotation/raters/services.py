"""Making raters, replacing their links, excluding them and including them again."""

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.errors import MintError

from ..models import Rater, Study
from ..protocol.answers import storable_text
from ..protocol.errors import ProtocolError
from ..studies.audit import record

CREATED_AT_ONCE = 1000
#: Characters; a longer reason is a report, and belongs elsewhere.
REASON_LIMIT = 500


class RaterCountError(MintError):
    """More raters asked for than are made in one go, or none."""

    code = "rater_count"


class RaterStatusError(MintError):
    """An exclusion without a reason, a status that the rater has already, or a link for
    one who is erased."""

    code = "rater_status"


@transaction.atomic
def create_raters(*, study: Study, count: int, actor: User | None) -> list[Rater]:
    """Adds `count` raters, each with a code of its own. Raises RaterCountError."""
    check_count(count)
    raters = Rater.objects.bulk_create([Rater(study=study) for _number in range(count)])
    record(study=study, actor=actor, action="raters.created", count=count)
    return raters


def check_count(count: int) -> None:
    """Raises RaterCountError for more raters than are made in one go, and for none."""
    if not 1 <= count <= CREATED_AT_ONCE:
        raise RaterCountError(
            _("Ask for 1 to %(limit)d raters at a time, not %(count)d.")
            % {"limit": CREATED_AT_ONCE, "count": count}
        )


@transaction.atomic
def replace_link(*, rater: Rater, actor: User | None) -> Rater:
    """A new personal link, for a rater whose link others may know; the old one opens nothing now.

    What the rater has rated stays theirs, and an open session continues with the new link.
    Raises RaterStatusError if the rater is erased, or a subject of another study.
    """
    if rater.source:
        text = _("The rater’s ratings were imported from “%(source)s”; nobody rates as them here.")
        raise RaterStatusError(text % {"source": rater.source})
    if not Rater.objects.filter(pk=rater.pk, erased_at=None).update(
        link_version=F("link_version") + 1
    ):
        raise RaterStatusError(_("The rater is erased; nobody can come back as them."))
    record(study=rater.study, actor=actor, action="rater.link_replaced", rater=rater.code)
    rater.refresh_from_db(fields=["link_version"])
    return rater


def record_download(*, study: Study, actor: User, what: str, names: bool) -> None:
    """That somebody took a list of raters away: of `links`, `raters` or `payment`; `names`: with
    who they are."""
    record(study=study, actor=actor, action="raters.downloaded", what=what, names=names)


@transaction.atomic
def set_rater_status(*, rater: Rater, actor: User, status: str, reason: str = "") -> None:
    """Exclude a rater (with a reason) or include them again; nothing they rated is lost."""
    if status == Rater.Status.EXCLUDED and not reason:
        raise RaterStatusError(_("Say why the rater is excluded: the reason is kept."))
    if len(reason) > REASON_LIMIT:
        raise RaterStatusError(
            _("The reason has %(length)d characters; the limit is %(limit)d.")
            % {"length": len(reason), "limit": REASON_LIMIT}
        )
    try:
        storable_text(reason, "reason")
    except ProtocolError as error:
        raise RaterStatusError(str(error)) from error
    others = Rater.objects.filter(pk=rater.pk).exclude(status=status)
    if status not in Rater.Status.values or not others.update(status=status):
        raise RaterStatusError(_("The rater's state has changed in the meantime; reload the page."))
    record(
        study=rater.study, actor=actor, action=f"rater.{status}", rater=rater.code, reason=reason
    )
