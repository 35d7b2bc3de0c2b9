"""How often each score was given, and when: a part of a study's overview."""

from collections.abc import Sequence
from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ...studies.counts import Day
from ...studies.pages.charts import Chart, bars
from ...studies.pages.score_charts import score_charts
from ...studies.selectors import find_study
from ..rating_counts import RatingCounts, rating_counts

#: Days in the picture of ratings per day.
_DAYS_SHOWN = 30


@login_required
@require_safe
def study_scores(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.view_study")
    found = rating_counts(study)
    counts = found.result or RatingCounts({}, [])
    context = {
        "charts": score_charts(study, counts.scores),
        "days": _day_chart(counts.days),
        "current": found.current,
    }
    return render(request, "annotation/_scores.html", context)


def _day_chart(counts: Sequence[Day]) -> Chart:
    """Every day from the first rating on, also those without any; the latest of many."""
    found = {day.day: day.ratings for day in counts}
    days = []
    if found:
        last = max(found)
        first = max(min(found), last - timedelta(days=_DAYS_SHOWN - 1))
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    drawn = bars(
        [found.get(day, 0) for day in days],
        [date_format(day, "SHORT_DATE_FORMAT") for day in days],
        [f"{day:%m-%d}" for day in days],
    )
    return drawn.titled(
        _("Ratings per day"),
        x=_("Day"),
        y=_("Ratings"),
        nothing=_("No rating counts yet."),
        note=_("latest %(n)d days") % {"n": _DAYS_SHOWN} if len(days) == _DAYS_SHOWN else "",
    )
