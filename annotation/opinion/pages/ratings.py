"""How often each score was given, and when: a part of a study's overview."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from ...models import Study
from ...studies.counts import Day
from ...studies.pages.charts import Chart, bars, histogram
from ...studies.selectors import find_study
from ...studies.texts import localized, scale_in_words
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
        "charts": _score_charts(study, counts.scores),
        "days": _day_chart(counts.days),
        "current": found.current,
    }
    return render(request, "annotation/_scores.html", context)


def _score_charts(study: Study, counts: Mapping[str, Sequence[tuple[float, int]]]) -> list[Chart]:
    charts = []
    for item in study.perspective_settings:
        names = [localized(label) for label in item.scale.labels]
        drawn = histogram(item.scale, counts.get(item.key, []), names if item.scale.named else ())
        given = sum(number for _score, number in counts.get(item.key, []))
        charts.append(
            drawn.titled(
                localized(item.label),
                x=scale_in_words(item.scale),
                y=_("Scores"),
                nothing=_("No score counts yet."),
                note=ngettext("%(n)d score", "%(n)d scores", given) % {"n": given},
            )
        )
    return charts


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
