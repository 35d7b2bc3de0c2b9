"""The owner's pages about studies: a new one, the overview, the settings."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from workbench.accounts.signed_in import signed_in

from ...models import Study
from ..counts import counts_of
from ..protocols import outlook_of
from ..selectors import find_study
from ..services import (
    StatusError,
    StudyError,
    create_study,
    has_explanations,
    has_ratings,
    set_status,
    update_study,
)
from ..setup import undone_steps
from .new_study_form import NewStudyForm
from .questions_form import QuestionsForm
from .settings_form import StudyForm
from .steps import in_words, next_steps


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
    counts = counts_of(study)
    context = {
        "study": study,
        "tab": "overview",
        "steps": next_steps(study, counts),
        "counts": counts,
        "may_change": request.user.has_perm("annotation.change_study", study),
    }
    return render(request, "annotation/study.html", context)


@login_required
@require_POST
def study_status(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.change_study")
    status = request.POST.get("status", "")
    undone = undone_steps(study) if status == Study.Status.OPEN else []
    if undone and request.POST.get("anyway") != "yes":
        steps = [in_words(study, step) for step in undone]
        context = {"study": study, "tab": "overview", "steps": steps}
        return render(request, "annotation/study_open.html", context)
    try:
        set_status(study=study, actor=signed_in(request), status=status)
    except StatusError as error:
        messages.error(request, error.message)
    return redirect(study)


@login_required
@require_http_methods(["GET", "POST"])
def study_settings(request: HttpRequest, slug: str, part: str = "general") -> HttpResponse:
    """One part of the settings; it is saved alone."""
    study = find_study(request.user, slug, "annotation.change_study")
    if part not in StudyForm.PARTS:
        raise Http404
    form = StudyForm(request.POST or None, instance=study, part=part)
    context: dict[str, Any] = {
        "study": study,
        "tab": "settings",
        "part": part,
        "form": form,
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
            return redirect("study-settings-part", study.slug, part)
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
        "part": "questions",
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
