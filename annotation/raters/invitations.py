"""Inviting raters: personal links for people by name, and one shared link for many.

docs/decisions/013: a shared link makes a new rater for each visitor who asks to take part. Visitors
whom a crowd platform sends with an id are known by it (`protocol.recruitment`).
"""

from collections.abc import Callable, Mapping
from typing import Any

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

from ..models import Participant, Rater, RaterIdentity, SharedLink, Study
from ..models.rater import new_rater_code
from ..protocol.errors import ProtocolError
from ..protocol.recruitment import Recruitment
from ..studies.audit import record
from .errors import (
    LinkError,
    LinkReplacedError,
    ParticipantMissingError,
    RatingError,
    StudyFullError,
    StudyNotOpenError,
)
from .people import PeopleError, Person
from .services import check_count, create_raters

log = structlog.get_logger(__name__)

#: The largest quota: a study is made for a thousand raters, a crowd may be larger.
MOST_RATERS = 10_000
#: New raters per link and minute. A class that begins together gets through; a script does not
#: use up a quota at once. Counted per link, so that nobody's address is kept for it.
JOINS_PER_MINUTE = 120
#: How long the page with the button works; each visit gets a new one.
_ENTRY_SECONDS = 24 * 3600
#: Whether a study, by its key, has an image for somebody new.
HasRoom = Callable[[int], bool]

_signer = signing.Signer(salt="annotation.shared-link", sep=".")
_entry_signer = signing.TimestampSigner(salt="annotation.entry", sep=".")


class QuotaError(MintError):
    """A quota that is not a number of raters, or is less than have joined."""

    code = "quota_invalid"


class RecruitmentError(MintError):
    """Parameters or addresses of a crowd platform that do not fit."""

    code = "recruitment_invalid"


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

    Raises RaterCountError, PeopleError if somebody is in the study already: by the e-mail address,
    or by the name if no address tells two people of one name apart.
    """
    check_count(len(people))
    _refuse_known_names(study, people)
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


def _refuse_known_names(study: Study, people: list[Person]) -> None:
    names = RaterIdentity.objects.filter(rater__study=study).values_list("name", flat=True)
    taken = {name.casefold() for name in names}
    twice = []
    for person in people:
        if not person.email and person.name.casefold() in taken:
            twice.append(person.name)
        taken.add(person.name.casefold())
    if twice:
        raise PeopleError(
            _(
                "%(name)s already has a link (%(n)d of these do): remove the people who are "
                "already invited, or add e-mail addresses to tell two of one name apart."
            )
            % {"name": twice[0], "n": len(twice)}
        )


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
def set_recruitment(*, study: Study, recruitment: Mapping[str, Any], actor: User | None) -> None:
    """Which platform the shared link's visitors come from, and where they go back to.

    Raises RecruitmentError if something does not fit, or the study has no shared link yet.
    """
    try:
        checked = Recruitment.from_json(recruitment)
    except ProtocolError as error:
        raise RecruitmentError(error.said(_)) from error
    if not SharedLink.objects.filter(study=study).update(recruitment=checked.to_json()):
        raise RecruitmentError(_("Open a shared link first."))
    record(
        study=study,
        actor=actor,
        action="shared_link.recruitment",
        parameters=list(checked.parameters),
    )


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


def require_joinable(link: SharedLink, *, has_room: HasRoom = lambda _study: True) -> None:
    """Raises what keeps a newcomer out: SharedLinkClosedError, SharedLinkFullError,
    StudyNotOpenError or, if there is nothing that they could rate, StudyFullError."""
    if not link.is_open:
        raise SharedLinkClosedError
    if link.used >= link.quota:
        raise SharedLinkFullError
    if link.study.status != Study.Status.OPEN:
        raise StudyNotOpenError(link.study.status)
    if not has_room(link.study_id):
        raise StudyFullError


def new_entry(link: SharedLink, values: Mapping[str, str] | None = None) -> str:
    """What the join page sends back: the code of the rater-to-be, and what the platform's `values`
    say of the visitor, signed.

    So a page makes one rater, however often its button is pressed.
    """
    entry = {"link": link.pk, "code": new_rater_code(), "values": dict(values or {})}
    return _entry_signer.sign_object(entry)


def known_participant(link: SharedLink, values: Mapping[str, str]) -> Rater | None:
    """The rater that a platform's participant is, if they have joined.

    Raises ParticipantMissingError if the link asks for an id and `values` have none.
    """
    if not link.platform.named:
        return None
    identifier = link.platform.participant(values)
    if not identifier:
        raise ParticipantMissingError
    raters = Rater.objects.select_related("study")
    return raters.filter(
        study=link.study_id,
        participant__study=link.study_id,
        participant__identifier=identifier,
    ).first()


def join(*, link: SharedLink, entry: str, has_room: HasRoom = lambda _study: True) -> Rater:
    """The rater of this entry, made now unless that has happened before.

    A platform's participant is one rater, whatever browser and page they come with. Raises
    LinkError (the entry is forged, too old, or another link's), SharedLinkBusyError,
    ParticipantMissingError and what `require_joinable` does.
    """
    code, values = _read_entry(link, entry)
    found = _joined(link, code, values)
    if found:
        return found
    require_joinable(link, has_room=has_room)
    _slow_down(link)
    try:
        with transaction.atomic():
            place = SharedLink.objects.filter(
                pk=link.pk, version=link.version, is_open=True, used__lt=F("quota")
            )
            if place.update(used=F("used") + 1):
                return _new_rater(link, code, values)
    except IntegrityError:
        # The button was pressed twice; the place of the second press has been given back.
        found = _joined(link, code, values)
        if found:
            return found
        raise
    found = _joined(link, code, values)
    if found:
        return found
    # Others were faster, or the owner closed or replaced the link.
    link.refresh_from_db()
    require_joinable(link)
    raise LinkReplacedError


def _joined(link: SharedLink, code: str, values: Mapping[str, str]) -> Rater | None:
    """Who has joined with this entry; of a participant, the latest values are kept."""
    found = known_participant(link, values)
    if found is None:
        return Rater.objects.filter(study=link.study, code=code).first()
    Participant.objects.filter(rater=found).update(values=dict(values))
    return found


def _new_rater(link: SharedLink, code: str, values: Mapping[str, str]) -> Rater:
    rater = Rater.objects.create(study=link.study, code=code)
    if link.platform.named:
        Participant.objects.create(
            rater=rater,
            study=link.study,
            identifier=link.platform.participant(values),
            values=dict(values),
        )
    return rater


def _read_entry(link: SharedLink, entry: str) -> tuple[str, dict[str, str]]:
    try:
        said = _entry_signer.unsign_object(entry, max_age=_ENTRY_SECONDS)
    except (signing.BadSignature, ValueError) as error:
        raise LinkError from error
    if said["link"] != link.pk:
        raise LinkError
    return said["code"], said["values"]


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
