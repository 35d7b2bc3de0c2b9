"""The learning curve of a study in words and as a plot, for the page of a version's measures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotation.opinion.comparison.bootstrap import Measure
from workbench.core.plots import ACCENT, CATEGORIES, INK, MUTED, Plot
from workbench.templatetags.numbers import shown_number

from ...judging.learning_curve import FEWEST, FEWEST_HELD_OUT, LearningCurve
from ...models import ModelVersion
from ..learning import MORE, FoundLearning, ceiling_of, learning_of

#: Points of the curve beyond what is measured.
_BEYOND = 6


@dataclass(frozen=True)
class LearningPart:
    """What a reader is told; `found` is None while a worker computes it."""

    found: FoundLearning | None
    current: bool = True
    #: Of the mean SRCC; None if it is not known.
    ceiling: float | None = None

    @classmethod
    def read(cls, version: ModelVersion) -> "LearningPart":
        kept = learning_of(version)
        return cls(kept.result, kept.current, ceiling_of(version))

    def lines(self) -> list[str]:
        if self.found is None:
            return [_("Being computed; reload the page in a moment.")]
        if not self.found.kept:
            return [_("The embeddings of these images are not kept on this machine.")]
        if not self.found.rated.steps:
            return [
                _(
                    "Shown from %(images)d images of the pool and %(held_out)d of the hold-out on "
                    "that people have rated in this study."
                )
                % {"images": FEWEST, "held_out": FEWEST_HELD_OUT}
            ]
        told = [_so_far(self.found.rated), _more(self.found), by_chance(self.found)]
        return [*told, _left_out(self.found.left_out)] if self.found.left_out else told

    @cached_property
    def plot(self) -> Plot:
        rows = list(_rows(self.found, self.ceiling)) if self.found else []
        return Plot(
            name="learning",
            title=_("Rank correlation with people by ratings"),
            summary=_(
                "SRCC on the hold-out after so many ratings of the pool, as they came and of "
                "random images, and what %(more)d more are expected to lead to"
            )
            % {"more": MORE},
            grammar=_grammar(),
            rows=rows,
            nothing=_("No curve can be drawn yet."),
        )


def _so_far(curve: LearningCurve) -> str:
    last = curve.steps[-1]
    return _("%(ratings)d ratings of %(images)d images have led to an SRCC of %(srcc)s.") % {
        "ratings": last.ratings,
        "images": last.images,
        "srcc": _with_interval(last.srcc),
    }


def _more(found: FoundLearning) -> str:
    expected = found.expected
    if expected is None:
        return _("What more ratings would buy is told from four points of the curve on.")
    return _("With %(more)d more ratings like these an SRCC of %(srcc)s is expected.") % {
        "more": MORE,
        "srcc": _with_interval(expected),
    }


def by_chance(found: FoundLearning) -> str:
    """What random images would have cost, as far as the audit draws show it."""
    if not found.random.steps:
        return _(
            "What random images would have taught is told from %(images)d random draws on."
        ) % {"images": FEWEST}
    last, steps = found.random.steps[-1], found.rated.steps
    in_order = np.interp(
        last.ratings, [it.ratings for it in steps], [it.srcc.value for it in steps]
    )
    told = _(
        "%(ratings)d ratings of random images have led to an SRCC of %(random)s; as rated, the "
        "first %(ratings)d led to about %(rated)s."
    ) % {
        "ratings": last.ratings,
        "random": _with_interval(last.srcc),
        "rated": shown_number(float(in_order), 2),
    }
    needed = found.random_ratings
    if needed is None:
        return told
    text = _("Random images would take about %(ratings)s ratings for all of it%(interval)s.")
    further = text % {"ratings": round(needed.value), "interval": _ratings_interval(needed)}
    return f"{told} {further}"


def _left_out(count: int) -> str:
    return ngettext(
        "%(count)d rated image is left out: its embedding is not kept on this machine.",
        "%(count)d rated images are left out: their embeddings are not kept on this machine.",
        count,
    ) % {"count": count}


def _ratings_interval(needed: Measure) -> str:
    if needed.low is None or needed.high is None:
        return ""
    low = round(needed.low) if np.isfinite(needed.low) else None
    if low is None:
        return ""
    if np.isinf(needed.high):
        return _(" (95 %%: %(low)d or more)") % {"low": low}
    return _(" (95 %%: %(low)d to %(high)d)") % {"low": low, "high": round(needed.high)}


def _with_interval(of: Measure) -> str:
    value = shown_number(of.value, 2)
    if of.low is None or of.high is None:
        return value
    return f"{value} ({shown_number(of.low, 2)} … {shown_number(of.high, 2)})"


def _rows(found: FoundLearning, ceiling: float | None) -> Iterator[Mapping[str, Any]]:
    for kind, curve in ((_kinds()[0], found.rated), (_kinds()[1], found.random)):
        for step in curve.steps:
            yield _row(kind, step.ratings, step.srcc, step.images)
    if not found.rated.steps:
        return
    first, now = (found.rated.steps[place].ratings for place in (0, -1))
    if ceiling is not None:
        for ratings in (first, now + MORE if found.expected else now):
            yield _row(_kinds()[3], ratings, Measure(ceiling, None, None), None)
    if found.expected is None:
        return
    for ratings in np.linspace(now, now + MORE, _BEYOND):
        told = found.rated.expected(float(ratings))
        if told is not None:
            yield _row(_kinds()[2], round(float(ratings)), told, None)


def _row(kind: str, ratings: int, srcc: Measure, images: int | None) -> Mapping[str, Any]:
    ends = [None if end is None else round(end, 4) for end in (srcc.low, srcc.high)]
    return {
        "of": kind,
        "ratings": ratings,
        "images": images,
        "srcc": round(srcc.value, 4),
        "low": ends[0],
        "high": ends[1],
    }


def _kinds() -> list[str]:
    return [_("As rated"), _("Random images"), _("Expected"), _("Noise ceiling")]


def _grammar() -> Mapping[str, Any]:
    kinds = _kinds()
    up = {"type": "quantitative", "title": _("SRCC"), "scale": {"zero": False}}
    colour = {
        "field": "of",
        "title": None,
        "scale": {"domain": kinds, "range": [ACCENT, CATEGORIES[1], MUTED, INK]},
        "legend": {"orient": "bottom", "labelLimit": 0, "symbolOpacity": 1},
    }
    dash = {
        "field": "of",
        "scale": {"domain": kinds, "range": [[1, 0], [5, 3], [2, 2], [8, 2, 2, 2]]},
        "legend": None,
    }
    return {
        "height": 200,
        "encoding": {
            "x": {"field": "ratings", "type": "quantitative", "title": _("Ratings of the pool")},
            "color": colour,
        },
        "layer": [
            {
                "transform": [{"filter": "isValid(datum.low)"}],
                "mark": {"type": "area", "opacity": 0.15, "aria": False},
                "encoding": {"y": {"field": "low", **up}, "y2": {"field": "high"}},
            },
            {
                "transform": [{"filter": {"field": "of", "oneOf": kinds[:3]}}],
                "mark": {"type": "line", "strokeWidth": 2, "point": True},
                "encoding": {"y": {"field": "srcc", **up}, "strokeDash": dash},
            },
            {
                "transform": [{"filter": {"field": "of", "equal": kinds[3]}}],
                "mark": {"type": "line", "strokeWidth": 1.5},
                "encoding": {"y": {"field": "srcc", **up}, "strokeDash": dash},
            },
        ],
    }
