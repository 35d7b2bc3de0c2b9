"""Sittings with what happened in them: for a rater's page, payment and the export."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, IntegerField, Max, OuterRef, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Concat

from ..models import RatingSession, Trial

#: Of a trial's behaviour (`protocol.behaviour`).
_WINDOW = [
    KeyTextTransform(key, "trials__behaviour")
    for key in ("viewport", "pixel_ratio", "zoom", "colour_gamut")
]


def sittings() -> QuerySet[RatingSession, Any]:
    """All; with `answered`, `skipped`, `away` (times the page was left), `last`, and `windows`, how
    many different windows, zooms and screens the answers came from."""
    submitted = Q(trials__state=Trial.State.SUBMITTED)
    away = Cast(KeyTextTransform("away", "trials__behaviour"), IntegerField())
    return RatingSession.objects.annotate(
        answered=Count("trials", filter=submitted),
        skipped=Count("trials", filter=Q(trials__state=Trial.State.SKIPPED)),
        away=Sum(away, filter=submitted),
        last=Max("trials__submitted_at"),
        windows=Count(Concat(*_WINDOW), distinct=True, filter=submitted),
    )


def trials_of(rater: int | OuterRef) -> QuerySet[Trial]:
    """A rater's trials of all sittings, by the rater's key.

    Found by sitting: no index of trials by rater knows those of every role and state, and every
    answer would pay for one. Without any, PostgreSQL reads the trials of the whole site.
    """
    return Trial.objects.filter(session__rater=rater)


def minutes_between(begun: datetime | None, last: datetime | None) -> float:
    """From the end of the instructions to the last answer of a sitting, pauses left out, since they
    move its beginning; 0 without an answer."""
    if begun is None or last is None:
        return 0.0
    return max(last - begun, timedelta(0)) / timedelta(minutes=1)
