"""The model page of a study, and the fragments that other pages show."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from annotation.studies.selectors import find_study
from annotation.studies.texts import localized
from workbench.accounts.signed_in import signed_in
from workbench.core.errors import MintError

from ...explaining.selectors import explained_answers
from ...models import TrainingRun
from ...registry.selectors import (
    active_version,
    failed_scorings,
    failed_training,
    holdout_points,
    most_uncertain,
    predicted_stimuli,
    training_runs_of,
    version_of,
    versions_of,
)
from ..promotion import promote, reject
from ..retraining import changed_recipe, request_retrain
from ..scoring import start_scoring
from . import summaries
from .charts import scatter, training_chart

VIEW = "modelops.view_model"
RUN = "modelops.run_model"
_UNCERTAIN_SHOWN = 12
_HISTORY_SHOWN = 20


@login_required
@require_safe
def model_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Active version, candidates, labels, jobs, hold-out pictures, uncertain images, history."""
    study = find_study(request.user, slug, VIEW)
    versions = list(versions_of(study))
    active = active_version(study)
    points = holdout_points(active) if active else None
    context: dict[str, Any] = {
        "study": study,
        "tab": "model",
        "active": active,
        "labels": summaries.label_state(study),
        "jobs": summaries.job_lines(study),
        "last_failure": failed_training(study),
        "left_out": summaries.left_out_of_training(study),
        "candidates": summaries.candidate_cards(study, versions, points),
        "versions": versions[:_HISTORY_SHOWN],
        "runs": training_runs_of(study)[:_HISTORY_SHOWN],
    }
    if active and points is not None:
        rows = summaries.metric_rows(study, points, None)
        context |= {
            "scoring": summaries.scoring_state(active),
            "rows": rows,
            "srcc": summaries.mean_srcc(rows),
            "predicted": predicted_stimuli(active).count(),
            "explanations": summaries.explanation_table(study, active),
            "scatters": [
                scatter(localized(item.label), item.scale, points[item.perspective])
                for item in study.perspective_settings
            ],
            "training": training_chart(active.metrics),
            "uncertain": [
                {"stimulus": item, "scores": summaries.predicted_scores(study, item)}
                for item in most_uncertain(active, _UNCERTAIN_SHOWN)
            ],
        }
    return render(request, "modelops/model.html", context)


@login_required
@require_POST
def retrain(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, RUN)
    try:
        request_retrain(
            study=study,
            actor=signed_in(request),
            trigger=TrainingRun.Trigger.CONSOLE,
            promote_when_done=request.POST.get("promote") == "on",
            recipe=changed_recipe(explanations=request.POST.get("explanations") == "on"),
        )
    except MintError as error:
        messages.error(request, error.message)
    return redirect("study-model", slug=study.slug)


@login_required
@require_POST
def promote_version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    study = find_study(request.user, slug, RUN)
    try:
        promote(version=version_of(study, number), actor=signed_in(request))
    except MintError as error:
        messages.error(request, error.message)
    else:
        text = _("Version %(number)d is the active model; the images it is unsure of come first.")
        messages.success(request, text % {"number": number})
    return redirect("study-model", slug=study.slug)


@login_required
@require_POST
def reject_version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    study = find_study(request.user, slug, RUN)
    try:
        reject(version=version_of(study, number), actor=signed_in(request))
    except MintError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Version %(number)d is rejected.") % {"number": number})
    return redirect("study-model", slug=study.slug)


@login_required
@require_POST
def predict_version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Predicts what the version has not predicted yet, after a failure or a mended file."""
    study = find_study(request.user, slug, RUN)
    try:
        start_scoring(version=version_of(study, number))
    except MintError as error:
        messages.error(request, error.message)
    else:
        text = _("Version %(number)d predicts the images that it has not predicted yet.")
        messages.success(request, text % {"number": number})
    return redirect("study-model", slug=study.slug)


@login_required
@require_safe
def jobs(request: HttpRequest, slug: str) -> HttpResponse:
    """What is under way, asked for every two seconds; when it is over the page is drawn anew."""
    study = find_study(request.user, slug, VIEW)
    lines = summaries.job_lines(study)
    if not lines:
        return HttpResponseClientRefresh()
    return render(request, "modelops/_jobs.html", {"study": study, "jobs": lines})


@login_required
@require_safe
def summary(request: HttpRequest, slug: str) -> HttpResponse:
    """A few lines about the model, for the study's overview."""
    study = find_study(request.user, slug, VIEW)
    context = {
        "study": study,
        "active": active_version(study),
        "candidates": study.model_versions.filter(state="candidate").count(),
        "labels": summaries.label_state(study),
        "jobs": summaries.job_lines(study),
        "last_failure": failed_training(study),
        "failed_scorings": failed_scorings(study),
    }
    return render(request, "modelops/_summary.html", context)


@login_required
@require_safe
def stimulus_predictions(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What the active version expects of one stimulus, for that stimulus's page."""
    study = find_study(request.user, slug, VIEW)
    if not study.stimuli.filter(pk=pk).exists():
        raise Http404
    active = active_version(study)
    stimulus = predicted_stimuli(active).filter(pk=pk).first() if active else None
    context = {
        "study": study,
        "active": active,
        "scores": summaries.predicted_scores(study, stimulus) if stimulus else [],
        "answers": explained_answers(study, active, pk) if active else [],
    }
    return render(request, "modelops/_stimulus.html", context)
