"""Inviting raters: personal links for people by name, and one shared link for many.

docs/decisions/013: a shared link makes a new rater for each visitor who asks to take part.
"""

import redis.exceptions
import structlog
from django.core import signing
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.errors import MintError

from ..models import Rater, RaterIdentity, SharedLink, Study
from ..models.rater import new_rater_code
from ..studies.audit import record
from .errors import LinkError, LinkReplacedError, RatingError, StudyNotOpenError
from .people import PeopleError, Person
from .services import create_raters

log = structlog.get_logger(__name__)

#: The largest quota: a study is made for a thousand raters, a crowd may be larger.
MOST_RATERS = 10_000
#: New raters per link and minute. A class that begins together gets through; a script does not
#: use up a quota at once. Counted per link, so that nobody's address is kept for it.
JOINS_PER_MINUTE = 120
#: How long the page with the button works; each visit gets a new one.
_ENTRY_SECONDS = 24 * 3600

_signer = signing.Signer(salt="annotation.shared-link", sep=".")
_entry_signer = signing.TimestampSigner(salt="annotation.entry", sep=".")


class QuotaError(MintError):
    """A quota that is not a number of raters, or is less than have joined."""

    code = "quota_invalid"


class SharedLinkClosedError(RatingError):
    code = "shared_link_closed"
    status = 403

    def __init__(self) -> None:
        super().__init__(_("This invitation has been closed by the study’s owner."))


class SharedLinkFullError(RatingError):
    code = "shared_link_full"

    def __init__(self) -> None:
        super().__init__(_("The study has as many raters as it wanted."))


class SharedLinkBusyError(RatingError):
    code = "shared_link_busy"
    status = 429

    def __init__(self) -> None:
        super().__init__(_("Many people are joining; please try again in a minute."))


def invite_people(*, study: Study, people: list[Person], actor: User) -> list[Rater]:
    """A rater with a personal link for each; names go to a table of their own, and nowhere else.

    Raises RaterCountError, PeopleError if somebody's e-mail address is in the study already.
    """
    emails = [person.email.lower() for person in people if person.email]
    known = (
        RaterIdentity.objects.filter(rater__study=study)
        .annotate(lower=Lower("email"))
        .filter(lower__in=emails)
        .values_list("email", flat=True)
    )
    if known:
        raise PeopleError(
            _(
                "%(email)s already has a link (%(n)d of these do): remove the people who are "
                "already invited."
            )
            % {"email": known[0], "n": len(known)}
        )
    with transaction.atomic():
        raters = create_raters(study=study, count=len(people), actor=actor)
        RaterIdentity.objects.bulk_create(
            RaterIdentity(rater=rater, name=person.name, email=person.email)
            for rater, person in zip(raters, people, strict=True)
        )
    return raters


def open_shared_link(*, study: Study, quota: int, actor: User) -> SharedLink:
    """Opens the study's shared link, or opens it again, for `quota` raters in all."""
    if not 1 <= quota <= MOST_RATERS:
        raise QuotaError(_("Give a number of raters from 1 to %(limit)d.") % {"limit": MOST_RATERS})
    with transaction.atomic():
        link, made = SharedLink.objects.get_or_create(study=study, defaults={"quota": quota})
        # Raters may be joining at this moment: only a quota with room for all of them is accepted.
        fits = SharedLink.objects.filter(pk=link.pk, used__lte=quota)
        if not fits.update(quota=quota, is_open=True):
            raise QuotaError(
                _("%(used)d have joined; the quota cannot be lower.") % {"used": link.used}
            )
        record(study=study, actor=actor, action="shared_link.opened", quota=quota, new=made)
    link.refresh_from_db()
    return link


@transaction.atomic
def close_shared_link(*, study: Study, actor: User) -> None:
    """Nobody else joins; those who have keep their personal links."""
    if SharedLink.objects.filter(study=study, is_open=True).update(is_open=False):
        record(study=study, actor=actor, action="shared_link.closed")


@transaction.atomic
def rotate_shared_link(*, study: Study, actor: User) -> None:
    """A new address; the old one stops working, even for those who joined by it."""
    if SharedLink.objects.filter(study=study).update(version=F("version") + 1):
        record(study=study, actor=actor, action="shared_link.rotated")


def shared_link_path(link: SharedLink) -> str:
    return reverse("join", args=[_signer.sign(f"{link.pk}.{link.version}")])


def shared_link_from_token(token: str) -> SharedLink:
    """The link with its study; LinkError if it is forged, LinkReplacedError."""
    try:
        pk, version = map(int, _signer.unsign(token).split("."))
    except (signing.BadSignature, ValueError) as error:
        raise LinkError from error
    link = SharedLink.objects.select_related("study").filter(pk=pk).first()
    if link is None:
        raise LinkError
    if link.version != version:
        raise LinkReplacedError
    return link


def require_joinable(link: SharedLink) -> None:
    """Raises what keeps a newcomer out: SharedLinkClosedError, SharedLinkFullError or
    StudyNotOpenError."""
    if not link.is_open:
        raise SharedLinkClosedError
    if link.used >= link.quota:
        raise SharedLinkFullError
    if link.study.status != Study.Status.OPEN:
        raise StudyNotOpenError(link.study.status)


def new_entry(link: SharedLink) -> str:
    """What the join page sends back: the code of the rater-to-be, signed.

    So a page makes one rater, however often its button is pressed.
    """
    return _entry_signer.sign(f"{link.pk}.{new_rater_code()}")


def join(*, link: SharedLink, entry: str) -> Rater:
    """The rater of this entry, made now unless that has happened before.

    Raises LinkError (the entry is forged, too old, or another link's), SharedLinkBusyError and what
    `require_joinable` does.
    """
    code = _read_entry(link, entry)
    mine = Rater.objects.filter(study=link.study, code=code)
    found = mine.first()
    if found:
        return found
    require_joinable(link)
    _slow_down(link)
    try:
        with transaction.atomic():
            place = SharedLink.objects.filter(
                pk=link.pk, version=link.version, is_open=True, used__lt=F("quota")
            )
            if place.update(used=F("used") + 1):
                return Rater.objects.create(study=link.study, code=code)
    except IntegrityError:
        # The button was pressed twice; the place of the second press has been given back.
        return mine.get()
    found = mine.first()
    if found:
        return found
    # Others were faster, or the owner closed or replaced the link.
    link.refresh_from_db()
    require_joinable(link)
    raise LinkReplacedError


def _read_entry(link: SharedLink, entry: str) -> str:
    try:
        pk, code = _entry_signer.unsign(entry, max_age=_ENTRY_SECONDS).split(".")
    except (signing.BadSignature, ValueError) as error:
        raise LinkError from error
    if pk != str(link.pk):
        raise LinkError
    return code


def _slow_down(link: SharedLink) -> None:
    key = f"annotation.joins.{link.pk}"
    try:
        cache.add(key, 0, timeout=60)
        joins = cache.incr(key)
    except ValueError:
        # The minute ended between the two calls.
        return
    except redis.exceptions.RedisError as error:
        # Raters do not need Redis, and the quota still holds.
        log.warning("joins are not counted", link=link.pk, error=str(error))
        return
    if joins > JOINS_PER_MINUTE:
        raise SharedLinkBusyError
