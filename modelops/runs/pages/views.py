"""The model page of a study, and the fragments that other pages show."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from annotation.models import Study
from annotation.opinion.pages.waiting import waits_for_scores
from annotation.opinion.releases import live_release, live_release_if_made
from annotation.studies.selectors import find_study
from annotation.studies.services import update_study
from workbench.accounts.signed_in import signed_in
from workbench.core.errors import MintError
from workbench.core.jobs.heartbeats import queue_state

from ...acquisition.registry import DEFAULT_STRATEGY, STRATEGIES
from ...errors import RecipeError, RestError
from ...explaining.selectors import explained_answers
from ...models import ModelVersion, TrainingRun
from ...permissions import RUN, VIEW
from ...predictors.backbones import offered_backbones
from ...predictors.base import recipes_of
from ...registry.cancelling import KINDS, Run, cancel_run
from ...registry.ceiling import Ceilings, mean_srcc_ceiling, noise_ceilings
from ...registry.current import current
from ...registry.holdout import Points, standings
from ...registry.points import current_points
from ...registry.queue import MODEL_QUEUE
from ...registry.selectors import (
    active_version,
    failed_scorings,
    failed_training,
    most_uncertain,
    predicted_stimuli,
    predictor_named,
    predictors_of,
    training_runs_of,
    version_of,
    versions_of,
)
from ..predictors import add_predictor, ensure_predictor, lead
from ..promotion import promote, reject
from ..rest import rate_rest_by_model, rate_rest_by_raters
from ..retraining import changed_recipe, request_retrain
from ..schedule_words import night_in_words, schedule_sentences
from ..scoring import start_scoring
from . import summaries
from .comparison import compare, contenders
from .metrics import fewest_images, metric_rows
from .model_plots import holdout_charts, training_plot
from .next_ratings import next_ratings
from .predicted import predicted_scores
from .resting import rest_of
from .versions import query_for

_UNCERTAIN_SHOWN = 12
_HISTORY_SHOWN = 20
#: Digits that are read of a number; what is too large, the study refuses.
_DIGITS = 12


@login_required
@require_safe
@waits_for_scores("model")
def model_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Predictors, candidates, labels, jobs, hold-out pictures, uncertain images, history."""
    study = find_study(request.user, slug, VIEW)
    # Labels are counted from it.
    live_release(study)
    versions = list(versions_of(study))
    active, ceilings = active_version(study), noise_ceilings(study)
    found, offered = contenders(predictors_of(study), versions), offered_backbones()
    labels = summaries.label_state(study)
    context: dict[str, Any] = {
        "study": study,
        "tab": "model",
        "active": active,
        "versions": versions,
        "predictors": found,
        "comparison": compare(study, found, ceilings),
        "backbones": [
            (name, item.kind.name, list(recipes_of(item.kind))) for name, item in offered.items()
        ],
        "recipes": summaries.recipe_names(offered, found),
        "strategies": [(entry, _(entry.label)) for entry in STRATEGIES.values()],
        "labels": labels,
        "schedule": schedule_sentences(study, labels.counts.ratings, suffice=labels.suffice),
        "night": night_in_words(),
        "may_run": request.user.has_perm(RUN, study),
        "jobs": summaries.job_lines(study),
        "queue": queue_state(MODEL_QUEUE),
        "last_failure": failed_training(study),
        "left_out": summaries.left_out_of_training(study),
        "unread_prompts": summaries.unread_prompts(study),
        "candidates": summaries.candidate_cards(study, versions, ceilings),
        "history": _history(study),
        "explained": summaries.explained_images(study),
        "next": next_ratings(study),
    }
    if active:
        context |= _in_use(study, active, current_points(active), ceilings)
    return render(request, "modelops/model.html", context)


def _history(study: Study) -> list[summaries.HistoryLine]:
    return summaries.history(training_runs_of(study)[:_HISTORY_SHOWN])


def _in_use(
    study: Study, active: ModelVersion, points: Points, ceilings: Ceilings
) -> dict[str, Any]:
    (standing,) = standings([points])
    state = current(active)
    unsure = most_uncertain(active, state, _UNCERTAIN_SHOWN)
    scores = predicted_scores(study, unsure, state)
    return {
        "scoring": summaries.scoring_state(active),
        "sources": summaries.label_sources(active.snapshot),
        "rows": metric_rows(study, standing, None, ceilings),
        "srcc": standing.srcc,
        "ceiling": mean_srcc_ceiling(ceilings, standing.measured),
        "few": fewest_images(standing),
        "predicted": predicted_stimuli(active).count(),
        "knowledge": state.knowledge,
        "explanations": summaries.explanation_table(study, active),
        "scatters": holdout_charts(active, points),
        "training": training_plot(active),
        "plots_query": query_for(active),
        "uncertain": [{"stimulus": item, "scores": scores[item.pk]} for item in unsure],
    }


def _act(act: Callable[..., str]) -> Callable[..., HttpResponse]:
    """A view of a form on the model page: `act(request, study, …)` does what it asks for and
    returns what to tell the person; refusals are shown, too. Then back to the page."""

    @login_required
    @require_POST
    @wraps(act)
    def view(request: HttpRequest, slug: str, **arguments: Any) -> HttpResponse:
        study = find_study(request.user, slug, RUN)
        try:
            told = act(request, study, **arguments)
        except MintError as error:
            messages.error(request, error.message)
        else:
            if told:
                messages.success(request, told)
        return redirect("study-model", slug=study.slug)

    return view


@_act
def retrain(request: HttpRequest, study: Study) -> str:
    actor, name = signed_in(request), request.POST.get("predictor")
    predictor = predictor_named(study, name) if name else ensure_predictor(study=study, actor=actor)
    recipe = request.POST.get("recipe", "")
    explanations = request.POST.get("explanations") == "on"
    request_retrain(
        predictor=predictor,
        actor=actor,
        trigger=TrainingRun.Trigger.CONSOLE,
        promote_when_done=request.POST.get("promote") == "on",
        recipe=changed_recipe(predictor, name=recipe, explanations=explanations),
        recipe_name=recipe,
    )
    return ""  # the page shows the job


@_act
def schedule(request: HttpRequest, study: Study) -> str:
    given = request.POST.get("retrain_every", "")
    if not (given.isascii() and given.isdigit()):
        raise RecipeError(_("Give a whole number of new ratings, 0 or more."))
    number, nightly = int(given[:_DIGITS]), request.POST.get("retrain_nightly") == "on"
    changes = {"retrain_every": number, "retrain_nightly": nightly}
    update_study(study=study, actor=signed_in(request), changes=changes)
    if not number and not nightly:
        return _("A training starts only when you ask.")
    told = []
    if number:
        told.append(_("A training starts after every %(number)d new ratings.") % {"number": number})
    if nightly:
        told.append(_("A training starts at night if there are new ratings."))
    return " ".join(told)


@_act
def rate_rest(request: HttpRequest, study: Study) -> str:
    """Who rates what is left of the pool: `by` is `model` or `raters`."""
    by = request.POST.get("by")
    if by == "model":
        version = rate_rest_by_model(study=study, actor=signed_in(request))
        text = _("Version %(number)d rates the rest: raters are asked for hold-out images alone.")
        return text % {"number": version.number}
    if by != "raters":
        raise RestError(_("Say who rates the rest: the model or raters."))
    rate_rest_by_raters(study=study, actor=signed_in(request))
    return _("Raters are asked for the rest again.")


@_act
def add(request: HttpRequest, study: Study) -> str:
    predictor = add_predictor(
        study=study,
        actor=signed_in(request),
        backbone=request.POST.get("backbone", ""),
        name=slugify(request.POST.get("name", ""))[:40],
        strategy=request.POST.get("strategy", DEFAULT_STRATEGY),
        recipe=request.POST.get("recipe", ""),
    )
    return _("Predictor %(name)s has been added.") % {"name": predictor.name}


@_act
def lead_predictor(request: HttpRequest, study: Study, name: str) -> str:
    predictor = predictor_named(study, name)
    lead(predictor=predictor, actor=signed_in(request))
    text = _("Predictor %(name)s now leads: it sets what people rate next.")
    return text % {"name": predictor.name}


@_act
def promote_version(request: HttpRequest, study: Study, number: int) -> str:
    version = version_of(study, number)
    promote(version=version, actor=signed_in(request), reason=request.POST.get("reason", ""))
    if version.predictor.leading:
        text = _(
            "Version %(number)d is the model in use now; the images it is unsure of come first."
        )
    else:
        text = _("Version %(number)d is now the active one of predictor %(predictor)s.")
    return text % {"number": number, "predictor": version.predictor.name}


@_act
def reject_version(request: HttpRequest, study: Study, number: int) -> str:
    reject(version=version_of(study, number), actor=signed_in(request))
    return _("Version %(number)d is rejected.") % {"number": number}


@_act
def predict_version(request: HttpRequest, study: Study, number: int) -> str:
    """Predicts what the version has not predicted yet, after a failure or once a file is fixed."""
    start_scoring(version=version_of(study, number))
    text = _("Version %(number)d is now predicting the images that it has not predicted yet.")
    return text % {"number": number}


@_act
def cancel(request: HttpRequest, study: Study, kind: str, pk: int) -> str:
    run = cast(Run, get_object_or_404(KINDS[kind], pk=pk, study=study))
    cancel_run(run=run, actor=signed_in(request))
    return _("Cancelled.")


@login_required
@require_safe
def jobs(request: HttpRequest, slug: str) -> HttpResponse:
    """The jobs under way and the history, requested every two seconds; when they are over, the page
    reloads."""
    study = find_study(request.user, slug, VIEW)
    lines = summaries.job_lines(study)
    if not lines:
        return HttpResponseClientRefresh()
    context = {
        "study": study,
        "jobs": lines,
        "queue": queue_state(MODEL_QUEUE),
        "history": _history(study),
        "versions": list(versions_of(study)),
        "may_run": request.user.has_perm(RUN, study),
        "refreshed": True,
    }
    return render(request, "modelops/_jobs.html", context)


@login_required
@require_safe
def summary(request: HttpRequest, slug: str) -> HttpResponse:
    """A few lines about the model, for the study's overview."""
    study = find_study(request.user, slug, VIEW)
    made = live_release_if_made(study) is not None
    context = {
        "study": study,
        "active": active_version(study),
        "candidates": study.model_versions.filter(state="candidate").count(),
        "labels": summaries.label_state(study) if made else None,
        "jobs": summaries.job_lines(study),
        "last_failure": failed_training(study),
        "failed_scorings": failed_scorings(study),
        "rest": rest_of(study),
    }
    return render(request, "modelops/_summary.html", context)


@login_required
@require_safe
def stimulus_predictions(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The active version's prediction for one stimulus, for that stimulus's page."""
    study = find_study(request.user, slug, VIEW)
    if not study.stimuli.filter(pk=pk).exists():
        raise Http404
    active = active_version(study)
    stimulus = predicted_stimuli(active).filter(pk=pk).first() if active else None
    state = current(active) if active else None
    scores = predicted_scores(study, [stimulus], state)[pk] if stimulus and state else []
    context = {
        "study": study,
        "active": active,
        "scores": scores,
        "knowledge": state.knowledge_of(pk) if state else None,
        "answers": explained_answers(study, active, pk) if active else [],
    }
    return render(request, "modelops/_stimulus.html", context)
