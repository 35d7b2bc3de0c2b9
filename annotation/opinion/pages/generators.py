"""The page of results about generators: a leaderboard, differences, and means by category."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from workbench.core.plots import Plot
from workbench.core.room import heavy

from ...models import Study
from ...protocol.perspectives import PerspectiveSettings
from ...studies.selectors import find_study
from ...studies.texts import localized, scale_in_words
from ..categories import PROMPT
from ..comparison.leaderboard import LeaderboardRow, PairwiseDifference
from ..current_generators import current_category_means, current_leaderboards
from ..generators import CategoryMean, PerspectiveLeaderboard, StudyLeaderboards
from ..recomputing import Recomputed
from . import generator_words as words
from .generator_plots import category_plot, means_plot, pairs_plot
from .plots import plots_of

_PAIRS_PER_PAGE = 50


@dataclass(frozen=True)
class Shown:
    """What the page's address asks for: one perspective, and perhaps a category."""

    study: Study
    asked: PerspectiveSettings
    by: str
    current: Recomputed[StudyLeaderboards]

    @classmethod
    def read(cls, study: Study, asked: Mapping[str, str]) -> "Shown":
        """What is not there falls back to the first perspective, and to no category."""
        current = current_leaderboards(study)
        known = {item.key: item for item in study.perspective_settings}
        first = next(iter(known.values()))
        by = asked.get("by", "")
        offered = current.result.categories if current.result else ()
        return cls(
            study, known.get(asked.get("perspective", ""), first), by * (by in offered), current
        )

    @property
    def query(self) -> str:
        return urlencode({"perspective": self.asked.key} | ({"by": self.by} if self.by else {}))

    @property
    def scale(self) -> str:
        return scale_in_words(self.asked.scale)

    @cached_property
    def item(self) -> PerspectiveLeaderboard | None:
        """None while it is computed."""
        boards = self.current.result.boards if self.current.result else ()
        return next((it for it in boards if it.perspective.key == self.asked.key), None)

    @cached_property
    def categories(self) -> Recomputed[dict[str, tuple[CategoryMean, ...]]] | None:
        return current_category_means(self.study, self.by) if self.by else None

    @property
    def category_means(self) -> Sequence[CategoryMean]:
        found = self.categories.result if self.categories else None
        return (found or {}).get(self.asked.key, ())

    @property
    def current_now(self) -> bool:
        """Whether all of it is of the data as they are."""
        return self.current.current and (self.categories is None or self.categories.current)

    def plots(self) -> dict[str, Plot]:
        """By name; none without a leaderboard."""
        if self.item is None or self.item.board is None:
            return {}
        label, ends = localized(self.asked.label), self.asked.scale
        drawn = [
            means_plot(self.item, label, self.scale, ends),
            pairs_plot(self.item, label),
        ]
        if self.by:
            named = category_name(self.by)
            found = self.category_means
            drawn.append(category_plot(found, self.item, label, self.scale, ends, named))
        return {plot.name: plot for plot in drawn}


def category_name(by: str) -> str:
    return _("Prompt") if by == PROMPT else by


@plots_of("generators")
def _plots(study: Study, request: HttpRequest) -> Sequence[Plot]:
    return list(Shown.read(study, request.GET.dict()).plots().values())


@dataclass(frozen=True)
class Line:
    """A generator in the leaderboard's table."""

    name: str
    row: LeaderboardRow
    #: None without prediction-powered means.
    powered: LeaderboardRow | None


@dataclass(frozen=True)
class PairLine:
    """A pair in the table of differences, the better one first."""

    first: str
    second: str
    pair: PairwiseDifference


@heavy
@login_required
@require_safe
def results_generators(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.view_study")
    shown = Shown.read(study, request.GET.dict())
    context = {
        "study": study,
        "tab": "results",
        "part": "generators",
        "shown": shown,
        "perspectives": [(item.key, localized(item.label)) for item in study.perspective_settings],
        "label": localized(shown.asked.label),
    }
    if shown.item is not None and shown.current.result is not None:
        offered = shown.current.result.categories
        context["categories"] = [(by, category_name(by)) for by in offered]
        context |= _found(shown, shown.item, shown.current.result, request.GET.get("page"))
    return render(request, "annotation/results_generators.html", context)


def _found(
    shown: Shown, item: PerspectiveLeaderboard, whole: StudyLeaderboards, page: str | None
) -> dict[str, Any]:
    if item.board is None:
        return {"problem": words.problem(item, whole)}
    pairs = Paginator(item.board.pairs, _PAIRS_PER_PAGE).get_page(page)
    return {
        "board": item.board,
        "basis": words.published(item.published)
        if item.published
        else words.basis(item.board, whole),
        "lines": _lines(item),
        "powered": words.powered(item),
        "page": pairs,
        "pairs": [PairLine(item.names[it.first], item.names[it.second], it) for it in pairs],
        "plots": shown.plots(),
        "category": category_name(shown.by) if shown.by else "",
        "means": shown.category_means,
    }


def _lines(item: PerspectiveLeaderboard) -> list[Line]:
    """The best first."""
    rows = item.board.rows if item.board else ()
    powered = {row.generator: row for row in item.powered.rows} if item.powered else {}
    return [Line(item.names[row.generator], row, powered.get(row.generator)) for row in rows]
