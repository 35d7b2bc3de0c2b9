"""The page of one run (a training, a scoring, an explaining): what happened, what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from annotation.studies.selectors import find_study
from workbench.core.jobs.heartbeats import queue_state
from workbench.core.jobs.history import Event

from ...learning.recipe import Recipe
from ...models import ExplainingRun, ScoringRun, TrainingRun
from ...permissions import RUN, VIEW
from ...predictors.backbones import offered_backbones
from ...predictors.base import recipes_of
from ...registry.cancelling import KINDS, Run
from ...registry.queue import MODEL_QUEUE
from ...registry.selectors import last_scoring, unreadable_images
from ..precision_words import sentences
from . import summaries
from .model_plots import training_plot
from .versions import query_for


@dataclass(frozen=True)
class Line:
    """Something that happened to the run."""

    at: datetime
    #: Since the request.
    seconds: int
    words: str


@dataclass(frozen=True)
class Setting:
    """Of the recipe that a training used; `usual` if the recipe of that name has it, too."""

    name: str
    value: Any
    usual: bool


@login_required
@require_safe
def run_page(request: HttpRequest, slug: str, kind: str, pk: int) -> HttpResponse:
    study = find_study(request.user, slug, VIEW)
    of_kind = KINDS.get(kind)
    if of_kind is None:
        raise Http404
    run = cast(Run, get_object_or_404(of_kind, study=study, pk=pk))
    context = {
        "study": study,
        "tab": "model",
        "kind": kind,
        "run": run,
        "title": summaries.run_title(run),
        "stage": summaries.stage_in_words(run),
        "seconds": _seconds(run),
        "history": history_in_words(run),
        "queue": queue_state(MODEL_QUEUE),
        "may_cancel": run.is_active and request.user.has_perm(RUN, study),
        **(_of_training(run) if isinstance(run, TrainingRun) else _of_version(run)),
    }
    return render(request, "modelops/run.html", context)


def _seconds(run: Run) -> int | None:
    """From the request to the end; None before it."""
    return round((run.finished_at - run.created_at).total_seconds()) if run.finished_at else None


def history_in_words(run: Run) -> list[Line]:
    """In the order of time; an event or a step of a newer program is told by its name."""
    lines, attempt = [], 0
    for entry in run.history:
        attempt += entry["event"] == Event.TAKEN
        at = parse_datetime(entry["at"])
        if at is not None:
            after = round((at - run.created_at).total_seconds())
            lines.append(Line(at, after, _words(entry, attempt)))
    return lines


def _words(entry: Mapping[str, Any], attempt: int) -> str:
    event, stage = entry["event"], entry.get("stage", "")
    if event == Event.STAGE:
        return str(summaries.STAGES.get(stage, stage))
    if event == Event.TAKEN and attempt > 1:
        return _("Taken by a worker, attempt %(number)d") % {"number": attempt}
    return str(Event(event).label) if event in Event.values else str(event)


def _of_training(run: TrainingRun) -> dict[str, Any]:
    version = getattr(run, "model_version", None)
    return {
        "version": version,
        "scoring": last_scoring(version) if version else None,
        "sources": summaries.label_sources(run.snapshot) if run.snapshot else [],
        "settings": _settings(run),
        "training": training_plot(version) if version else None,
        "plots_query": query_for(version) if version else "",
        "unreadable": summaries.first_unreadable(run.problems),
    }


def _settings(run: TrainingRun) -> list[Setting]:
    """In the order in which recipes have them."""
    usual, order = _usual(run), list(Recipe().to_json())
    names = sorted(run.recipe, key=lambda name: order.index(name) if name in order else len(order))
    return [Setting(it, run.recipe[it], usual.get(it) == run.recipe[it]) for it in names]


def _usual(run: TrainingRun) -> dict[str, Any]:
    """The recipe that the run's is made from, as it is now; that of all backbones if this site does
    not offer the run's."""
    offered = offered_backbones().get(run.predictor.backbone)
    recipes = recipes_of(offered.kind) if offered else {}
    return recipes.get(run.recipe_name or "default", Recipe()).to_json()


def _of_version(run: ScoringRun | ExplainingRun) -> dict[str, Any]:
    problems = (
        run.problems if isinstance(run, ExplainingRun) else unreadable_images(run.model_version)
    )
    return {
        "version": run.model_version,
        "computed": list(sentences(run.computed_in).values())
        if isinstance(run, ScoringRun)
        else [],
        "unreadable": summaries.first_unreadable(problems),
    }
