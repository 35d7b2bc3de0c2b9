"""Raters and their links (docs/decisions/004: a link is a signature, not a stored secret)."""

from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.errors import MintError

from ..models import Rater, Study
from ..protocol.answers import storable_text
from ..protocol.errors import ProtocolError
from ..studies.audit import record
from .access import Access, find_access
from .errors import LinkError, RaterExcludedError

CREATED_AT_ONCE = 1000
#: Characters; a longer reason is a report, and belongs elsewhere.
REASON_LIMIT = 500
_signer = signing.Signer(salt="annotation.rater", sep=".")


class RaterCountError(MintError):
    """More raters asked for than are made in one go, or none."""

    code = "rater_count"


@transaction.atomic
def create_raters(*, study: Study, count: int, actor: User | None) -> list[Rater]:
    """Adds `count` raters, each with a code of its own."""
    if not 1 <= count <= CREATED_AT_ONCE:
        raise RaterCountError(
            _("Ask for 1 to %(limit)d raters at a time, not %(count)d.")
            % {"limit": CREATED_AT_ONCE, "count": count}
        )
    raters = Rater.objects.bulk_create([Rater(study=study) for _number in range(count)])
    record(study=study, actor=actor, action="raters.created", count=count)
    return raters


class RaterStatusError(MintError):
    """An exclusion without a reason, or a status that the rater has already."""

    code = "rater_status"


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

    Raises LinkError if the link is forged or was replaced, RaterExcludedError.
    """
    code, version = read_token(token)
    access = find_access(code)
    if access is None or access.link_version != version:
        raise LinkError
    if access.rater_status != Rater.Status.ACTIVE:
        raise RaterExcludedError
    return access
