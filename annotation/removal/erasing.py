"""Erasing a rater: who they are goes for good, and their ratings, too, if that is wished for."""

from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from workbench.accounts.models import User

from ..models import (
    Message,
    OpinionRelease,
    Participant,
    Rater,
    RaterIdentity,
    RatingsErased,
    RatingSession,
    Study,
    SubjectEstimate,
    Trial,
)
from ..models.rater import new_rater_code
from ..opinion.releases import mark_stale
from ..protocol.sessions import OPEN_STATES, SessionState
from ..rating import slots
from ..studies.audit import record
from ..studies.sittings import trials_of
from .errors import RemovalError, RemovalStateError

#: Of a trial's behaviour (`protocol.behaviour`): what tells one person's device from another's.
#: How long they looked, and how large the image was, belong to the rating.
_DEVICE = (
    "viewport",
    "pixel_ratio",
    "zoom",
    "colour_depth",
    "colour_gamut",
    "orientation",
    "input",
)
_FORGET_DEVICE = """
UPDATE annotation_trial SET skip_note = '', behaviour = behaviour - %s::text[] WHERE rater_id = %s
"""


@dataclass(frozen=True)
class ErasureOutlook:
    """What erasing a rater would do."""

    #: Submitted trials, of all roles, and the current scores given in them.
    ratings: int
    scores: int
    messages: int
    #: Whether a name, an address or a platform's number is known.
    known: bool
    #: Kept releases that were made while the rater's ratings were there, and how many ratings; at
    #: most, as the rater may have been excluded at that time.
    releases: tuple[tuple[OpinionRelease, int], ...]
    #: Whether the study promises that ratings are deleted, too.
    drops: bool


def erasure_outlook(rater: Rater) -> ErasureOutlook:
    submitted = trials_of(rater.pk).filter(state=Trial.State.SUBMITTED)
    known = (RaterIdentity.objects.filter(rater=rater), Participant.objects.filter(rater=rater))
    return ErasureOutlook(
        ratings=submitted.count(),
        scores=submitted.filter(scores__superseded_at=None).values("scores").count(),
        messages=Message.objects.filter(rater=rater).count(),
        known=any(rows.exists() for rows in known),
        releases=tuple(_releases_with(rater)),
        drops=rater.study.erased_ratings == Study.ErasedRatings.DROP,
    )


@transaction.atomic
def erase_rater(*, rater: Rater, actor: User | None, ratings: str = "") -> Rater | None:
    """Deletes name, address, platform's number, messages, notes and what is known of the rater's
    devices; their link opens nothing any more. This cannot be undone.

    ratings: `detach` keeps the ratings under a new code, `drop` deletes them; empty does what the
    study promises. Named releases keep their numbers, and a note says that ratings are gone.
    Returns the rater with the new code; None if nothing refers to them any more. Raises
    RemovalError, also for `detach` in a study that promises to drop, and RemovalStateError.
    """
    study = rater.study
    wish = _wish(study, ratings)
    locked = Rater.objects.select_for_update().get(pk=rater.pk)
    if locked.erased_at is not None:
        raise RemovalStateError(_("The rater is erased already."))
    outlook = erasure_outlook(locked)
    _end_sessions(locked)
    _forget(locked)
    stays = True
    if wish == Study.ErasedRatings.DROP:
        stays = _drop(locked, outlook)
    # Nobody who reads the trail learns who it was: neither the old code nor the new one.
    record(
        study=study,
        actor=actor,
        action="rater.erased",
        ratings=wish,
        number=outlook.ratings,
        releases=[release.number for release, _number in outlook.releases],
    )
    if not stays:
        return None
    locked.refresh_from_db()
    return locked


def _wish(study: Study, ratings: str) -> str:
    wish = ratings or study.erased_ratings
    if wish not in Study.ErasedRatings.values:
        raise RemovalError(_("Ratings of an erased rater can be kept (detach) or deleted (drop)."))
    if wish == Study.ErasedRatings.DETACH and study.erased_ratings == Study.ErasedRatings.DROP:
        raise RemovalError(_("This study promises to delete the ratings of who is erased."))
    return wish


def _releases_with(rater: Rater) -> list[tuple[OpinionRelease, int]]:
    kept = OpinionRelease.objects.filter(
        study=rater.study_id, kind=OpinionRelease.Kind.OWN
    ).exclude(state=OpinionRelease.State.LIVE)
    given = trials_of(rater.pk).filter(state=Trial.State.SUBMITTED, role=Trial.Role.MAIN)
    counted = [(item, given.filter(submitted_at__lte=item.computed_at).count()) for item in kept]
    return [(release, number) for release, number in counted if number]


def _sessions(rater: Rater) -> QuerySet[RatingSession]:
    return RatingSession.objects.filter(rater=rater)


def _end_sessions(rater: Rater) -> None:
    """Held first, as an answer holds its session: none comes in between."""
    list(_sessions(rater).select_for_update().order_by("pk").values_list("pk"))
    open_ones = _sessions(rater).filter(state__in=[state.value for state in OPEN_STATES])
    for key in list(open_ones.values_list("pk", flat=True)):
        slots.release_session(session_id=key)
    open_ones.update(state=SessionState.WITHDRAWN, ended_at=timezone.now())


def _forget(rater: Rater) -> None:
    for rows in (RaterIdentity, Participant, Message):
        rows.objects.filter(rater=rater).delete()
    _sessions(rater).update(client={})
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_DEVICE, [list(_DEVICE), rater.pk])
    Rater.objects.filter(pk=rater.pk).update(
        code=new_rater_code(),
        link_version=F("link_version") + 1,
        subject_sha256="",
        erased_at=timezone.now(),
    )


def _drop(rater: Rater, outlook: ErasureOutlook) -> bool:
    """Whether the rater stays: a kept release says something of them under their code."""
    RatingsErased.objects.bulk_create(
        RatingsErased(study_id=rater.study_id, release=release, ratings=number)
        for release, number in outlook.releases
    )
    slots.give_back_rater(rater_id=rater.pk)
    _sessions(rater).delete()
    mark_stale(rater.study)
    kept = SubjectEstimate.objects.filter(rater=rater).exclude(
        release__state=OpinionRelease.State.LIVE
    )
    if kept.exists():
        return True
    Rater.objects.filter(pk=rater.pk).delete()
    return False
