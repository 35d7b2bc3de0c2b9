"""The owner's pages about studies: the list, a new one, the overview, the settings."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from workbench.accounts.signed_in import signed_in

from ...models import AuditEntry, Study
from ..protocols import outlook_of
from ..selectors import (
    activity_of,
    find_study,
    listed_studies,
    progress_by_study,
    progress_of,
    score_counts,
)
from ..services import (
    StatusError,
    StudyError,
    create_study,
    has_explanations,
    has_ratings,
    set_status,
    update_study,
)
from ..texts import localized
from .charts import bars, histogram
from .new_study_form import NewStudyForm
from .questions_form import QuestionsForm
from .settings_form import StudyForm
from .steps import next_steps

_AUDIT_SHOWN = 50
#: Characters shown of a SHA-256, which nobody reads in full.
_DIGEST_LENGTH = 64


@login_required
@require_safe
def study_list(request: HttpRequest) -> HttpResponse:
    archived = "archived" in request.GET
    listed = listed_studies(request.user, archived=archived)
    studies = list(listed.prefetch_related("memberships__user"))
    progress = progress_by_study(studies)
    rows = [(study, progress[study.pk]) for study in studies]
    away = listed_studies(request.user, archived=True).count()
    context = {"studies": rows, "archived": archived, "away": away}
    return render(request, "annotation/studies.html", context)


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
        "steps": next_steps(study),
        "progress": progress_of(study),
        "activity": activity,
        "days": bars([number for _day, number in days], [day for day, _number in days]),
    }
    return render(request, "annotation/study.html", context)


@login_required
@require_safe
def study_scores(request: HttpRequest, slug: str) -> HttpResponse:
    """How often each score was given: the part of the overview that reads every rating."""
    study = find_study(request.user, slug, "annotation.view_study")
    return render(request, "annotation/_scores.html", {"charts": _score_charts(study)})


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
        "audit": _audit_of(study),
        "may_delete": request.user.has_perm("annotation.delete_study", study),
        "outlook": outlook_of(study),
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


@login_required
@require_http_methods(["GET", "POST"])
def study_questions(request: HttpRequest, slug: str) -> HttpResponse:
    """What is asked, on which scale, and the phrases that explain a score."""
    study = find_study(request.user, slug, "annotation.change_study")
    fixed, answered = has_ratings(study), has_explanations(study)
    form = QuestionsForm(request.POST or None, study=study, fixed=fixed, answered=answered)
    context: dict[str, Any] = {
        "study": study,
        "tab": "settings",
        "form": form,
        "fixed": fixed,
        "answered": answered,
        "outlook": outlook_of(study),
    }
    if request.method == "POST":
        context["problem"] = _("Nothing was saved: see the marked fields.")
        if form.is_valid():
            try:
                update_study(study=study, actor=signed_in(request), changes=form.settings())
            except StudyError as error:
                context["problem"] = error.message
            else:
                messages.success(request, _("Saved."))
                return redirect("study-questions", study.slug)
    return render(request, "annotation/study_questions.html", context)


def _audit_of(study: Study) -> list[tuple[AuditEntry, str]]:
    """The latest entries, each with its details as a line."""
    entries = AuditEntry.objects.filter(study=study).select_related("actor")[:_AUDIT_SHOWN]
    return [
        (entry, " · ".join(f"{name}: {_readable(value)}" for name, value in entry.detail.items()))
        for entry in entries
    ]


def _readable(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    text = "–" if value is None else str(value)
    return f"{text[:12]}…" if len(text) == _DIGEST_LENGTH else text


def _score_charts(study: Study) -> list[dict[str, Any]]:
    counts = score_counts(study)
    charts = []
    for item in study.perspective_settings:
        names = [localized(label) for label in item.scale.labels]
        drawn = histogram(item.scale, counts[item.key], names if item.scale.named else ())
        charts.append(
            {
                "label": localized(item.label),
                "bars": drawn,
                "low": names[0] if names else f"{item.scale.minimum:g}",
                "high": names[-1] if names else f"{item.scale.maximum:g}",
            }
        )
    return charts
