"""The owner's pages about images: a grid that is searched, and one image with its ratings."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..models import AuditEntry, Generator, OpinionScore, Stimulus, Study, Trial
from ..models.stimulus import SPLITS
from ..opinion.forecast import (
    AssistedScore,
    Forecast,
    Knowledge,
    assisted_of,
    forecaster_of,
    forecasts_of,
)
from ..opinion.selectors import limits_by_key, scores_if_made
from ..protocol.perspectives import PerspectiveSettings
from ..studies.counts import image_counts
from ..studies.pages.charts import Chart
from ..studies.pages.score_charts import score_charts
from ..studies.selectors import find_study
from ..studies.texts import localized
from .holdout import holdout_context
from .listing import SORTS, UNCERTAIN, Listing, neighbours, stimuli_by_keys
from .marked import marked_of
from .metadata import readable
from .purposes_page import purpose_form
from .said import current, main_trials, said_of, scores_in

_PER_PAGE = 48
#: Digits of a place in a list.
_DIGITS = 9


@dataclass(frozen=True)
class ShownScore:
    """A score as pages show it, and what it is: `own` is that of the study's raters, or `forecast`
    what the model in use expects."""

    label: str
    scale: str
    own: OpinionScore | None
    forecast: Forecast | None
    #: Both joined; of single images only.
    assisted: AssistedScore | None = None


@login_required
@require_safe
def stimulus_list(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.view_study")
    listing = Listing.read(request.GET.dict(), study)
    page = Paginator(listing.keys(study), _PER_PAGE).get_page(request.GET.get("page"))
    stimuli = stimuli_by_keys(page.object_list)
    shown, asked = _shown_scores(study, stimuli), _asked(study)
    context = {
        "study": study,
        "tab": "stimuli",
        "page": page,
        "stimuli": [
            (item, shown[item.pk], listing.address(at=place))
            for place, item in enumerate(stimuli, page.start_index() - 1)
        ],
        "knowledge": _knowledge(score for scores in shown.values() for score in scores),
        "listing": listing,
        "query": listing.address(),
        "sorts": _sorts(study, listing),
        "counts": image_counts(study),
        "predicts": bool(forecaster_of(study)),
        "asked": asked,
        "generators": Generator.objects.filter(study=study)
        .order_by("name")
        .values_list("name", flat=True),
        "splits": SPLITS,
        "purposes": Stimulus.Purpose.choices,
        "purpose_form": purpose_form(request, asked),
        "may_change": request.user.has_perm("annotation.change_study", study),
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
    trials = main_trials(stimulus)
    labels = {item.key: localized(item.label) for item in study.perspective_settings}
    marked = marked_of(
        stimulus,
        [(trial.rater.code, item) for trial in trials for item in current(trial.explanations)],
        labels,
    )
    metadata, in_all = readable(stimulus.metadata)
    scores = _scores_of_one(study, stimulus)
    context = {
        "study": study,
        "tab": "stimuli",
        "stimulus": stimulus,
        "metadata": metadata,
        "metadata_left_out": in_all - len(metadata),
        "scores": scores,
        "knowledge": _knowledge(scores),
        "assisted": any(score.assisted for score in scores),
        "not_joined": any(score.own and score.forecast and not score.assisted for score in scores),
        "perspectives": [{"label": label} for label in labels.values()],
        "said": said_of(study, trials, marked.tints),
        "charts": _charts(study, trials),
        "marked": marked,
        "purpose_form": purpose_form(request, _asked(study)),
        "purposes": Stimulus.Purpose.choices,
        "may_change": request.user.has_perm("annotation.change_study", study),
        **_way(request, study, stimulus),
        "taken_out": _taken_out(stimulus),
    }
    return render(request, "annotation/stimulus.html", context)


def _sorts(study: Study, listing: Listing) -> dict[str, Any]:
    """Without a model none is less sure of one image than of another."""
    offered = {**SORTS}
    if listing.sort != UNCERTAIN and not forecaster_of(study):
        del offered[UNCERTAIN]
    return offered


def _way(request: HttpRequest, study: Study, stimulus: Stimulus) -> dict[str, Any]:
    """Back to the list that led here, and to the images before and after this one in it."""
    listing, text = Listing.read(request.GET.dict(), study), request.GET.get("at", "")
    known = text.isascii() and text.isdigit() and len(text) <= _DIGITS
    near = neighbours(study, listing, stimulus.pk, int(text)) if known else None
    return {
        "query": listing.address(),
        "list_page": near.place // _PER_PAGE + 1 if near else 1,
        "before": near and near.before and (near.before[0], listing.address(at=near.before[1])),
        "after": near and near.after and (near.after[0], listing.address(at=near.after[1])),
    }


def _taken_out(stimulus: Stimulus) -> list[AuditEntry]:
    """Who took the image out of use, put it back or replaced it, when and why, the latest first;
    `what` is the act in words."""
    words: dict[str, Any] = {f"image.{state}": label for state, label in Stimulus.State.choices}
    words |= {"image.replaced": _("Replaced"), "image.in_use": _("Put back")}
    entries = AuditEntry.objects.filter(
        study=stimulus.study_id, action__in=words, detail__stimulus=stimulus.pk
    ).select_related("actor")
    for entry in entries:
        entry.what = words[entry.action]  # type: ignore[attr-defined] # for the template
    return list(entries)


def _asked(study: Study) -> list[PerspectiveSettings]:
    """With labels in the reader's language."""
    return [replace(item, label=localized(item.label)) for item in study.perspective_settings]


def _shown_scores(study: Study, stimuli: Sequence[Stimulus]) -> Mapping[int, list[ShownScore]]:
    """By stimulus; a perspective that has neither a score nor a prediction is left out."""
    own, expected = scores_if_made(study, stimuli), forecasts_of(study, stimuli)
    return {
        item.pk: [
            ShownScore(
                localized(asked.label),
                f"{asked.scale.minimum:g}–{asked.scale.maximum:g}",
                own[item.pk].get(asked.key),
                expected.get(item.pk, {}).get(asked.key),
            )
            for asked in study.perspective_settings
            if asked.key in own[item.pk] or asked.key in expected.get(item.pk, {})
        ]
        for item in stimuli
    }


def _knowledge(shown: Iterable[ShownScore]) -> Knowledge | None:
    """What the predictions on a page have learnt from; the oldest, if some are about to be made
    again."""
    found = {score.forecast.knowledge for score in shown if score.forecast}
    return min(found, key=lambda it: it.at, default=None)


def _scores_of_one(study: Study, stimulus: Stimulus) -> list[ShownScore]:
    """With the model-assisted ones."""
    shown = _shown_scores(study, [stimulus])[stimulus.pk]
    own = [score.own for score in shown if score.own]
    joined = assisted_of(study, own, limits_by_key(own[0].release)) if own else {}
    found = joined.get(stimulus.pk, {})
    return [
        replace(score, assisted=found.get(score.own.perspective.key)) if score.own else score
        for score in shown
    ]


def _charts(study: Study, trials: Sequence[Trial]) -> list[Chart]:
    """How often each score was given that counts, per perspective."""
    kept = [scores_in(trial) for trial in trials if trial.rater.status == "active"]
    given: dict[str, Counter[float]] = defaultdict(Counter)
    for scores in kept:
        for key, score in scores.items():
            given[key][score] += 1
    return score_charts(study, {key: sorted(found.items()) for key, found in given.items()})
