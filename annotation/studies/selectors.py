"""Queries for the console and the owner API: which studies, their raters, their images."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.core.files.storage import storages
from django.db.models import (
    Case,
    Count,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import Coalesce, Greatest
from django.http import Http404
from django.utils.translation import gettext as _

from workbench.accounts.models import User

from ..models import AuditEntry, Rater, RatingSession, Stimulus, Study, Trial
from ..protocol.spelling import form_sha256, name_form
from .counting import counting_scores
from .sittings import trials_of


def studies_of(user: User | AnonymousUser) -> QuerySet[Study]:
    """The studies that the account may see, archived ones too: those it is a member of, or all for
    a lab administrator."""
    if not isinstance(user, User):
        return Study.objects.none()
    there = Study.objects.exclude(status=Study.Status.DELETING)
    return there if user.is_staff else there.filter(memberships__user=user)


def listed_studies(user: User | AnonymousUser, *, archived: bool = False) -> QuerySet[Study]:
    """What a list of studies shows: those in use, or those that were put away."""
    away = Q(status=Study.Status.ARCHIVED)
    return studies_of(user).filter(away if archived else ~away)


def find_study(user: User | AnonymousUser, slug: str, permission: str) -> Study:
    """The study, if the account has `permission` on it.

    Raises PermissionDenied if it may see the study, Http404 otherwise, as if there were none.
    """
    # Pages ask for the perspectives many times.
    there = Study.objects.filter(slug=slug).exclude(status=Study.Status.DELETING)
    study = there.prefetch_related("perspectives").first()
    if study is not None and user.has_perm(permission, study):
        return study
    if study is not None and user.has_perm("annotation.view_study", study):
        raise PermissionDenied(_("Your role in this study does not allow this."))
    raise Http404


#: As many as a row of the list shows.
_PICTURES = 4


def thumbnails_by_study(studies: list[Study]) -> dict[int, list[str]]:
    """Addresses of a few thumbnails of each study, in one query."""
    # In the order of an index, so that a million images are not sorted for four; it knows only
    # images that were not replaced, as all in use.
    few = _in_use(study=OuterRef("pk"), replaced_by=None).exclude(thumbnail="")
    found = Study.objects.filter(pk__in=[study.pk for study in studies]).values_list(
        "pk", ArraySubquery(few.order_by("filename").values("thumbnail")[:_PICTURES])
    )
    storage = storages["default"]
    return {study: [storage.url(name) for name in names] for study, names in found}


def with_last_activity(studies: QuerySet[Study]) -> QuerySet[Study]:
    """With `last_activity`: the latest act of its people, or start or end of a rater's session."""
    acts = AuditEntry.objects.filter(study=OuterRef("pk")).order_by("-created_at")
    sat = (
        RatingSession.objects.filter(rater__study=OuterRef("pk"))
        .order_by()
        .values("rater__study")
        .annotate(latest=Greatest(Max("consented_at"), Max("ended_at")))
        .values("latest")
    )
    return studies.annotate(
        last_activity=Greatest(Subquery(acts.values("created_at")[:1]), Subquery(sat))
    )


def _in_use(**which: Any) -> QuerySet[Stimulus]:
    return Stimulus.objects.filter(state=Stimulus.State.IN_USE, **which)


def score_counts(study: Study) -> dict[str, list[tuple[float, int]]]:
    """Per perspective, how often each score was given, of those that count."""
    rows = (
        counting_scores(study)
        .values_list("perspective__key", "value")
        .annotate(number=Count("pk"))
        .order_by()
    )
    counts: dict[str, list[tuple[float, int]]] = {
        item.key: [] for item in study.perspective_settings
    }
    for perspective, value, number in rows:
        counts[perspective].append((value, number))
    return counts


def raters_of(study: Study) -> QuerySet[Rater, Any]:
    """The study's raters with `ratings` (submitted main trials) and `last_seen`."""
    own = trials_of(OuterRef("pk")).order_by().values("session__rater")
    main = own.filter(state=Trial.State.SUBMITTED, role=Trial.Role.MAIN)
    # One by one, for those on a page: together they would be all of the study's trials.
    ratings = Subquery(main.annotate(number=Count("pk")).values("number"))
    last_seen = Subquery(own.annotate(latest=Max("leased_at")).values("latest"))
    raters = Rater.objects.filter(study=study).order_by("pk")
    return raters.annotate(ratings=Coalesce(ratings, 0), last_seen=last_seen)


_USED = Q(state=Stimulus.State.IN_USE)
_WANTED = _USED & Q(claimed_ratings__lt=F("wanted_ratings"))


def stimuli_of(study: Study, *, filters: dict[str, str] | None = None) -> QuerySet[Stimulus]:
    """The study's stimuli, the most wanted first, then those that no rating is wanted of (practice,
    gold, complete ones), and those out of use last; `filters`: split, purpose, generator, text, and
    state: how far those in use are rated, or `out` for the others."""
    stimuli = Stimulus.objects.filter(study=study).select_related("prompt", "generator")
    given = {name: value for name, value in (filters or {}).items() if value}
    if any("\0" in value for value in given.values()):
        # PostgreSQL's texts cannot hold a NUL, so nothing matches one.
        return stimuli.none()
    if "split" in given:
        stimuli = stimuli.filter(split=given["split"])
    if "purpose" in given:
        stimuli = stimuli.filter(purpose=given["purpose"])
    if "generator" in given:
        group = form_sha256(name_form(given["generator"]))
        stimuli = stimuli.filter(generator__group_sha256=group)
    if "text" in given:
        words = given["text"]
        stimuli = stimuli.filter(Q(prompt__text__icontains=words) | Q(filename__icontains=words))
    if "state" in given:
        out = given["state"] == "out"
        stimuli = stimuli.filter(~_USED if out else _USED)
    if given.get("state") == "unrated":
        stimuli = stimuli.filter(claimed_ratings=0)
    elif given.get("state") == "wanted":
        stimuli = stimuli.filter(claimed_ratings__lt=F("wanted_ratings"))
    elif given.get("state") == "complete":
        stimuli = stimuli.filter(claimed_ratings__gte=F("wanted_ratings"))
    return stimuli.order_by(
        Case(When(_WANTED, then=0), When(_USED, then=1), default=2), "-priority", "shuffle", "pk"
    )
