"""The page of a round of acquisition: when the order was made, how, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from annotation.models import Stimulus, Study
from annotation.opinion.pages.plots import plots_of
from annotation.studies.selectors import find_study
from workbench.core.plots import Plot
from workbench.templatetags.numbers import shown_number

from ...errors import NoRoundError
from ...models import AcquisitionRound
from ...permissions import VIEW
from ..round_words import (
    citation_of,
    draw_in_words,
    occasion,
    odd_in_words,
    parameters_in_words,
    strategy_in_words,
)
from ..rounds import (
    Given,
    Outcome,
    odd_images,
    outcome_of,
    round_after,
    round_before,
    round_of,
)

#: Digits of a round's key.
_DIGITS = 18
#: Of the bars; with their names beside them the picture still fits a phone.
_WIDTH = 260


@dataclass(frozen=True)
class RoundPage:
    """A round and its neighbours; what is counted is read when it is asked for."""

    round: AcquisitionRound
    before: AcquisitionRound | None
    after: AcquisitionRound | None

    @classmethod
    def read(cls, study: Study, pk: int) -> "RoundPage":
        """Raises Http404."""
        try:
            found = round_of(study, pk)
        except NoRoundError as error:
            raise Http404(error.message) from error
        return cls(found, round_before(found), round_after(found))

    @property
    def query(self) -> str:
        return f"round={self.round.pk}"

    @property
    def strategy(self) -> str:
        return strategy_in_words(self.round)

    @property
    def citation(self) -> str:
        return citation_of(self.round)

    @property
    def occasion(self) -> str:
        return occasion(self.round, self.before)

    @property
    def parameters(self) -> list[str]:
        return parameters_in_words(self.round)

    @cached_property
    def odd(self) -> list[Stimulus]:
        return odd_images(self.round)

    @property
    def odd_words(self) -> str:
        return odd_in_words(self.round, len(self.odd))

    @cached_property
    def outcome(self) -> Outcome:
        return outcome_of(self.round, self.after.created_at if self.after else None)

    @property
    def lines(self) -> list[tuple[str, Given]]:
        """By why they were asked for, in words; what a session plan asks counts nowhere as a
        rule."""
        return [
            (draw_in_words(item.draw), item)
            for item in self.outcome.by_draw
            if item.ratings or item.draw != item.draw.PLAN
        ]

    @property
    def outcome_words(self) -> str:
        found = self.outcome
        if not found.ratings:
            return _("Nobody has given a rating that counts in this time.")
        ratings = ngettext("%(n)s rating", "%(n)s ratings", found.ratings)
        images = ngettext("%(n)s image", "%(n)s images", found.images)
        return _("Given in this time: %(ratings)s of %(images)s.") % {
            "ratings": ratings % {"n": shown_number(found.ratings)},
            "images": images % {"n": shown_number(found.images)},
        }

    @property
    def not_counting(self) -> str:
        """Empty if every answer counts."""
        number = self.outcome.not_counting
        if not number:
            return ""
        return ngettext(
            "%(n)s more answer counts towards no score: practice and warm-up, repeats, gold "
            "images, and raters or images that are excluded.",
            "%(n)s more answers count towards no score: practice and warm-up, repeats, gold "
            "images, and raters or images that are excluded.",
            number,
        ) % {"n": shown_number(number)}

    @cached_property
    def plot(self) -> Plot:
        rows = [
            {"reason": words, "ratings": item.ratings, "images": item.images}
            for words, item in self.lines
        ]
        return Plot(
            name="given",
            title=_("Ratings by why they were asked for"),
            summary="; ".join(f"{row['reason']}: {row['ratings']}" for row in rows),
            grammar=_grammar([words for words, _item in self.lines]),
            rows=rows if self.outcome.ratings else [],
            nothing=_("There is nothing to draw yet."),
        )


def _grammar(reasons: Sequence[str]) -> Mapping[str, Any]:
    across = {
        "field": "ratings",
        "type": "quantitative",
        "title": _("Ratings"),
        "axis": {"format": "~d", "tickMinStep": 1, "tickCount": 5},
    }
    return {
        "width": _WIDTH,
        "height": {"step": 30},
        "encoding": {"y": {"field": "reason", "sort": list(reasons), "title": None}},
        "layer": [
            {"mark": {"type": "bar"}, "encoding": {"x": across}},
            {
                # The axis has the number already, and a reader of the screen the bar's.
                "mark": {"type": "text", "align": "left", "dx": 4, "aria": False},
                "encoding": {"x": across, "text": {"field": "ratings", "format": ",d"}},
            },
        ],
    }


@plots_of("model-round")
def _plots(study: Study, request: HttpRequest) -> Sequence[Plot]:
    pk = request.GET.get("round", "")
    if not (pk.isascii() and pk.isdigit() and len(pk) <= _DIGITS):
        raise Http404
    return [RoundPage.read(study, int(pk)).plot]


@login_required
@require_safe
def round_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    study = find_study(request.user, slug, VIEW)
    context = {"study": study, "tab": "model", "page": RoundPage.read(study, pk)}
    return render(request, "modelops/round.html", context)
