"""The owner's pages about images: a grid that is searched, and one image with its ratings."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..models import AuditEntry, Generator, Rater, Stimulus, Study, Trial
from ..models.stimulus import SPLITS
from ..opinion.selectors import mos_of
from ..protocol.perspectives import PerspectiveSettings
from ..studies.selectors import find_study, stimuli_of
from ..studies.texts import localized
from .holdout import holdout_context
from .marked import Marked, marked_of
from .metadata import readable

_PER_PAGE = 48
_FILTERS = ("text", "generator", "split", "state")


@login_required
@require_safe
def stimulus_list(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.view_study")
    filters = {name: request.GET.get(name, "") for name in _FILTERS}
    page = Paginator(stimuli_of(study, filters=filters), _PER_PAGE).get_page(
        request.GET.get("page")
    )
    stimuli = list(page)
    means, asked = mos_of(study, stimuli), study.perspective_settings
    context = {
        "study": study,
        "tab": "stimuli",
        "page": page,
        "stimuli": [(item, _labelled(asked, means[item.pk])) for item in stimuli],
        "filters": filters,
        "query": urlencode({name: value for name, value in filters.items() if value}),
        "generators": Generator.objects.filter(study=study)
        .order_by("name")
        .values_list("name", flat=True),
        "splits": SPLITS,
    }
    return render(request, "annotation/stimuli.html", context)


@login_required
@require_safe
def study_holdout(request: HttpRequest, slug: str) -> HttpResponse:
    """How the images lie on the two sides, for the study's overview."""
    study = find_study(request.user, slug, "annotation.view_study")
    return render(request, "annotation/_holdout.html", {"study": study, **holdout_context(study)})


@login_required
@require_safe
def stimulus_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.view_study")
    stimulus = get_object_or_404(
        Stimulus.objects.select_related("prompt", "generator"), study=study, pk=pk
    )
    perspectives = study.perspective_settings
    labels = {item.key: localized(item.label) for item in perspectives}
    trials = _main_trials(stimulus)
    marked = marked_of(
        stimulus,
        [(trial.rater.code, item) for trial in trials for item in _current(trial.explanations)],
        labels,
    )
    metadata, in_all = readable(stimulus.metadata)
    context = {
        "study": study,
        "tab": "stimuli",
        "stimulus": stimulus,
        "metadata": metadata,
        "metadata_left_out": in_all - len(metadata),
        "mos": _labelled(perspectives, mos_of(study, [stimulus])[stimulus.pk]),
        "perspectives": [{"label": label} for label in labels.values()],
        "trials": _answers(study, trials, perspectives, marked),
        "marked": marked,
        "may_change": request.user.has_perm("annotation.change_study", study),
        "taken_out": _taken_out(stimulus),
    }
    return render(request, "annotation/stimulus.html", context)


def _taken_out(stimulus: Stimulus) -> list[AuditEntry]:
    """Who took the image out of use, put it back or replaced it, when and why, the latest first;
    `what` is the act in words."""
    words = {f"image.{state}": label for state, label in Stimulus.State.choices}
    words |= {"image.replaced": _("Replaced"), "image.in_use": _("Put back")}
    entries = AuditEntry.objects.filter(
        study=stimulus.study_id, action__in=words, detail__stimulus=stimulus.pk
    ).select_related("actor")
    for entry in entries:
        entry.what = words[entry.action]  # type: ignore[attr-defined] # for the template
    return list(entries)


def _labelled(
    perspectives: Iterable[PerspectiveSettings], means: dict[str, float]
) -> list[tuple[str, float]]:
    return [(localized(item.label), means[item.key]) for item in perspectives if item.key in means]


def _main_trials(stimulus: Stimulus) -> list[Trial]:
    return list(
        Trial.objects.filter(stimulus=stimulus, state=Trial.State.SUBMITTED, role=Trial.Role.MAIN)
        .select_related("rater")
        .prefetch_related("scores__perspective", "explanations__perspective")
        .order_by("submitted_at")
    )


def _answers(
    study: Study,
    trials: list[Trial],
    perspectives: tuple[PerspectiveSettings, ...],
    marked: Marked,
) -> list[dict[str, Any]]:
    fields = {field.key: field for field in study.form.fields}
    answers = []
    for trial in trials:
        scores = {item.perspective.key: item.value for item in _current(trial.scores)}
        reasons = []
        for item in _current(trial.explanations):
            phrases = [
                localized(fields[key].phrases[level - 1])
                for key, level in item.phrases.items()
                if key in fields and 1 <= level <= len(fields[key].phrases)
            ]
            reasons += [*phrases, *([item.text] if item.text else [])]
        answers.append(
            {
                "code": trial.rater.code,
                "tint": marked.tints.get(trial.rater.code),
                "excluded": trial.rater.status == Rater.Status.EXCLUDED,
                "submitted_at": trial.submitted_at,
                "scores": [scores.get(item.key) for item in perspectives],
                "why": " · ".join(reasons),
            }
        )
    return answers


def _current(rows: Any) -> list[Any]:
    """Of prefetched rows, so that there is no query per trial."""
    return [row for row in rows.all() if row.superseded_at is None]
