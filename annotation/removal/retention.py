"""Who raters are is deleted by itself when the period that their study promises is over."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from ..models import Participant, Rater, RaterIdentity, RatingSession, Study
from ..protocol.sessions import OPEN_STATES
from ..studies.audit import record


def forget_names() -> int:
    """Of how many raters; their links, codes and ratings stay as they are."""
    studies = Study.objects.filter(identity_days__gt=0).exclude(status=Study.Status.DELETING)
    return sum(map(_forget_in, studies))


@transaction.atomic
def _forget_in(study: Study) -> int:
    raters = set(_due(study).values_list("pk", flat=True))
    if not raters:
        return 0
    RaterIdentity.objects.filter(rater__in=raters).delete()
    Participant.objects.filter(rater__in=raters).delete()
    record(
        study=study, actor=None, action="raters.names_deleted",
        days=study.identity_days, raters=len(raters),
    )  # fmt: skip
    return len(raters)


def _due(study: Study) -> QuerySet[Rater]:
    """Known raters who were invited, and last sat down, before the period."""
    begins = timezone.now() - timedelta(days=study.identity_days)
    recent = RatingSession.objects.filter(
        Q(state__in=[state.value for state in OPEN_STATES])
        | Q(consented_at__gte=begins)
        | Q(ended_at__gte=begins),
        rater=OuterRef("pk"),
    )
    known = Q(identity__isnull=False) | Q(participant__isnull=False)
    return Rater.objects.filter(known, ~Exists(recent), study=study, created_at__lt=begins)
