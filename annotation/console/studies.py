"""The owner's pages about studies: the list, a new one, the overview, the settings."""

from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from workbench.accounts.signed_in import signed_in

from ..models import AuditEntry, Study
from ..selectors.studies import (
    activity_of,
    find_study,
    progress_by_study,
    progress_of,
    score_counts,
    studies_of,
)
from ..services.studies import StatusError, StudyError, create_study, set_status, update_study
from ..texts import localized
from .charts import Bar, bars
from .forms import NewStudyForm, StudyForm

_BINS = 10


@login_required
@require_safe
def study_list(request: HttpRequest) -> HttpResponse:
    studies = list(studies_of(request.user).select_related("owner"))
    progress = progress_by_study(studies)
    rows = [(study, progress[study.pk]) for study in studies]
    return render(request, "annotation/studies.html", {"studies": rows})


@login_required
@require_http_methods(["GET", "POST"])
def study_new(request: HttpRequest) -> HttpResponse:
    form = NewStudyForm(request.POST or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(create_study(owner=signed_in(request), **form.settings()))
        except StudyError as error:
            context["problem"] = error.message
    return render(request, "annotation/study_new.html", context)


@login_required
@require_safe
def study_overview(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.view_study")
    activity = activity_of(study)
    days = [(date_format(day, "SHORT_DATE_FORMAT"), number) for day, number in activity.by_day]
    context = {
        "study": study,
        "tab": "overview",
        "progress": progress_of(study),
        "activity": activity,
        "charts": _score_charts(study),
        "days": bars([number for _day, number in days], [day for day, _number in days]),
    }
    return render(request, "annotation/study.html", context)


@login_required
@require_POST
def study_status(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.change_study")
    try:
        set_status(study=study, actor=signed_in(request), status=request.POST.get("status", ""))
    except StatusError as error:
        messages.error(request, error.message)
    return redirect(study)


@login_required
@require_http_methods(["GET", "POST"])
def study_settings(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.change_study")
    form = StudyForm(request.POST or None, instance=study)
    context: dict[str, Any] = {
        "study": study,
        "tab": "settings",
        "form": form,
        "audit": AuditEntry.objects.filter(study=study).select_related("actor")[:50],
    }
    if request.method == "POST" and form.is_valid():
        try:
            update_study(study=study, actor=signed_in(request), changes=form.settings())
        except StudyError as error:
            context["problem"] = error.message
        else:
            messages.success(request, _("Saved."))
            return redirect("study-settings", study.slug)
    return render(request, "annotation/study_settings.html", context)


def _score_charts(study: Study) -> list[dict[str, Any]]:
    counts = score_counts(study, bins=_BINS)
    charts = []
    for item in study.perspective_settings:
        edges = [item.scale.from_unit(place / _BINS) for place in range(_BINS + 1)]
        labels = [f"{low:g}–{high:g}" for low, high in pairwise(edges)]
        drawn: list[Bar] = bars(counts[str(item.perspective)], labels)
        ends = item.scale.labels or (f"{item.scale.minimum:g}", f"{item.scale.maximum:g}")
        charts.append(
            {
                "label": localized(item.label),
                "bars": drawn,
                "low": localized(ends[0]),
                "high": localized(ends[-1]),
            }
        )
    return charts
