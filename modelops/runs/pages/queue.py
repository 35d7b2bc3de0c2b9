"""The page of the queue: what raters are given next, as a gallery, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from annotation.models import Stimulus, Study
from annotation.opinion.forecast import Forecast
from annotation.rating.upcoming import LONGEST, Wanted, queue_of, wanted_of
from annotation.studies.counting import served_stimuli
from annotation.studies.selectors import find_study
from annotation.studies.texts import localized

from ...models import AcquisitionRound
from ...permissions import RUN, VIEW
from ..queue import QueuedImage, knowledge_of, queued_images
from ..round_words import strategy_in_words
from ..rounds import odd_of, rounds_of
from .next_ratings import next_ratings

_PER_PAGE = 48
_ROUNDS_SHOWN = 10
#: Gold images, in their order of import.
_GOLD_SHOWN = 12


@dataclass(frozen=True)
class RoundLine:
    """A round of acquisition; `odd`: images that look like nothing else."""

    round: AcquisitionRound
    strategy: str
    odd: int


@login_required
@require_safe
def queue_page(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, VIEW)
    wanted = wanted_of(study)
    page = Paginator(range(min(wanted.images, LONGEST)), _PER_PAGE).get_page(
        request.GET.get("page")
    )
    first = page.start_index()
    picks = queue_of(study, page.end_index())[max(first - 1, 0) :]
    images = queued_images(study, picks, first)
    context: dict[str, Any] = {
        "study": study,
        "tab": "model",
        "next": next_ratings(study),
        "wanted": wanted,
        "nothing": _nothing(study, wanted),
        "page": page,
        "longest": LONGEST,
        "images": [(item, _expected(study, item)) for item in images],
        "knowledge": knowledge_of(images),
        "rounds": _rounds(study),
        "repeats": f"{100 * study.plan.repeat_share:g}",
        "golden": f"{100 * study.plan.gold_share:g}",
        "gold": _gold(study),
        "may_change": request.user.has_perm("annotation.change_study", study),
        "may_run": request.user.has_perm(RUN, study),
    }
    return render(request, "modelops/queue.html", context)


def _expected(study: Study, item: QueuedImage) -> list[tuple[str, Forecast]]:
    """In the study's order."""
    return [
        (localized(asked.label), item.expected[asked.key])
        for asked in study.perspective_settings
        if asked.key in item.expected
    ]


def _nothing(study: Study, wanted: Wanted) -> str:
    """Why no image is rated next; empty if there are some."""
    if wanted.images:
        return ""
    if not served_stimuli(study).filter(purpose=Stimulus.Purpose.MAIN).exists():
        return _("The study has no images to rate yet.")
    if study.pool_closed:
        return _("No image of the hold-out wants another rating, either.")
    return _("Nothing is left to rate: each image has all the ratings that are wanted.")


def _rounds(study: Study) -> list[RoundLine]:
    rows = rounds_of(study)[:_ROUNDS_SHOWN]
    return [RoundLine(row, strategy_in_words(row), len(odd_of(row))) for row in rows]


def _gold(study: Study) -> Sequence[Stimulus]:
    if not study.plan.gold_share:
        return []
    gold = served_stimuli(study).filter(purpose=Stimulus.Purpose.GOLD)
    return list(gold.select_related("prompt").order_by("pk")[:_GOLD_SHOWN])
