"""The page of results about agreement, and the planner below it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from workbench.core.plots import ACCENT, MUTED, Plot
from workbench.core.room import heavy
from workbench.templatetags.numbers import shown_number

from ...models import Perspective, Study, Trial
from ...studies.selectors import find_study
from ...studies.texts import localized
from ..agreement.planning import Source
from ..generators import models_chose
from ..panel.figures import Agreement, PerspectiveAgreement
from ..panel.planner import (
    Planned,
    default_wishes,
    half_widths,
    study_plan,
    variances_of,
)
from ..panel.selectors import Draws, PanelResults, panel_results
from .figure_words import FigureWords, figure_words, label_of
from .plan_form import PlanForm, chosen_perspective
from .plots import plots_of

#: Figures on one scale, from 0 to 1.
_RELIABILITIES = (
    "alpha_interval",
    "alpha_ordinal",
    "icc_single",
    "icc_mean",
    "split_half",
    "retest",
)
SAMPLE = "sample"


@dataclass(frozen=True)
class _Shown:
    """One perspective's figures in words."""

    label: str
    of: PerspectiveAgreement
    figures: list[FigureWords]
    #: What second scores differ by, in words; empty without repeats.
    retest: str


@dataclass(frozen=True)
class _ShownGoal:
    """What a plan is for in words, the plan and its hours; or why there is none, and the fix."""

    words: str
    of: Planned
    hours: float | None
    problem: str
    fix: str


@heavy
@login_required
@require_safe
def results_agreement(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.view_study")
    results = panel_results(study)
    context = {
        "study": study,
        "tab": "results",
        "part": "agreement",
        "results": results,
        "sample": _asks_sample(request),
        "query": "draws=sample" if _asks_sample(request) else "",
        "plots": _plots(study, request, results),
        **(_figures(study, results, _chosen(request, results)) if results else {}),
        **_planner(study, request, results),
    }
    return render(request, "annotation/results_agreement.html", context)


@plots_of("agreement")
def agreement_plots(study: Study, request: HttpRequest) -> Sequence[Plot]:
    return list(_plots(study, request, panel_results(study)).values())


def _asks_sample(request: HttpRequest) -> bool:
    return request.GET.get("draws") == SAMPLE


def _chosen(request: HttpRequest, results: PanelResults | None) -> Agreement | None:
    """From all ratings, or from the random draws alone if the address asks for that."""
    if results is None:
        return None
    return (results.of_sample if _asks_sample(request) else None) or results.agreement


def _figures(study: Study, results: PanelResults, found: Agreement | None) -> dict[str, Any]:
    labels = {item.key: localized(item.label) for item in study.perspective_settings}
    agreement, chosen = found or results.agreement, models_chose(study)
    return {
        "shown": [
            _Shown(
                labels[item.key], item, [figure_words(each) for each in item.figures], _retest(item)
            )
            for item in agreement.perspectives
        ],
        "halos": [
            (
                labels[item.one],
                labels[item.two],
                [figure_words(item.raters), figure_words(item.images)],
            )
            for item in agreement.halos
        ],
        "rests_on": _rests_on(results.draws, chosen=chosen),
        "drawn_at_random": not chosen,
        "sources": _sources(agreement),
    }


def _sources(agreement: Agreement) -> list[tuple[str, str]]:
    """Labels of figures and what is cited for them, each once."""
    figures = [figure for item in agreement.perspectives for figure in item.figures]
    figures += [item.raters for item in agreement.halos]
    return list(
        {
            figure.name: (str(label_of(figure.name)), figure.measure.citation)
            for figure in figures
            if figure.measure
        }.values()
    )


def _retest(item: PerspectiveAgreement) -> str:
    found = item.retest
    if found is None:
        return ""
    words = _(
        "Second scores of the same image by the same rater: on average %(shift)s points higher, "
        "and 95 of 100 between %(low)s and %(high)s points (limits of agreement, %(pairs)s pairs "
        "by %(raters)s raters)."
    )
    numbers = {
        "shift": shown_number(found.shift, 2),
        "low": shown_number(found.lower, 2),
        "high": shown_number(found.upper, 2),
        "pairs": number_format(found.pairs, force_grouping=True),
        "raters": number_format(found.raters, force_grouping=True),
    }
    return words % numbers


def _rests_on(draws: Draws, *, chosen: bool) -> str:
    """Which draws the ratings are from. chosen: whether a model has set priorities."""
    named = {
        Trial.Draw.PRIORITY: _("chosen by priority") if chosen else _("drawn at random"),
        Trial.Draw.AUDIT: _("random audits"),
        Trial.Draw.HOLDOUT: _("from the hold-out"),
        Trial.Draw.PLAN: _("by the session plan"),
    }
    parts = [
        f"{number_format(number, force_grouping=True)} {named[Trial.Draw(draw)]}"
        for draw, number in draws.by_draw.items()
    ]
    return ", ".join(parts)


def _planner(study: Study, request: HttpRequest, results: PanelResults | None) -> dict[str, Any]:
    perspective = chosen_perspective(study, request.GET.get("perspective"))
    if perspective is None:
        return {}
    start = default_wishes(study, perspective, results)
    form = PlanForm.read(request.GET.dict(), study, start)
    plan = study_plan(study, perspective, results, form.wishes(start)) if form.is_valid() else None
    return {
        "form": form,
        "plan": plan,
        "goals": [_shown_goal(item) for item in plan.planned] if plan else [],
        "of_study": plan is not None and plan.variances.source is Source.STUDY,
        "plan_query": f"perspective={perspective.key}",
    }


def _shown_goal(item: Planned) -> _ShownGoal:
    words = {
        "half_width": _("Each image’s score within ± %(wanted)s points"),
        "difference": _("A difference of %(wanted)s points between two generators"),
        "srcc_difference": _("A difference of %(wanted)s in SRCC between two models"),
    }
    return _ShownGoal(
        words[item.goal] % {"wanted": number_format(item.wanted)},
        item,
        item.plan.work.minutes / 60 if item.plan else None,
        item.impossible.sentence(_) if item.impossible else "",
        item.impossible.advice(_) if item.impossible else "",
    )


def _plots(study: Study, request: HttpRequest, results: PanelResults | None) -> dict[str, Plot]:
    perspective = chosen_perspective(study, request.GET.get("perspective"))
    found = _chosen(request, results)
    plots = {"reliability": _reliability_plot(study, found)}
    if perspective is not None:
        plots["half_widths"] = _half_width_plot(perspective, results)
    return plots


def _reliability_plot(study: Study, found: Agreement | None) -> Plot:
    labels = {item.key: localized(item.label) for item in study.perspective_settings}
    rows = list(_reliability_rows(labels, found.perspectives if found else ()))
    names = [str(label_of(name)) for name in _RELIABILITIES]
    grammar = _reliability_grammar(rows, names, list(labels.values()))
    return Plot(
        "reliability",
        # xgettext:no-python-format
        _("Agreement and reliability, with 95 % intervals"),
        ngettext(
            "%(n)d figure by perspective; 1 is perfect.",
            "%(n)d figures by perspective; 1 is perfect.",
            len(rows),
        )
        % {"n": len(rows)},
        grammar,
        rows,
        nothing=_(
            "Nothing to compare yet: it takes images with two ratings or more, and ratings that "
            "differ."
        ),
    )


def _reliability_grammar(
    rows: Sequence[dict[str, Any]], names: Sequence[str], order: Sequence[str]
) -> dict[str, Any]:
    """Each figure's value and interval, perspectives of one figure next to each other."""
    perspective, value = _("Perspective"), _("Value; 1 is perfect agreement")
    least = min([0.0, *(row["low"] for row in rows if row["low"] is not None)])
    by_perspective = {
        "field": "perspective",
        "type": "nominal",
        "title": perspective,
        "sort": order,
        "legend": {"orient": "bottom"},
    }
    shared = {
        "y": {
            "field": "figure",
            "type": "nominal",
            "title": None,
            "sort": names,
            "axis": {"labelLimit": 300},
        },
        "yOffset": {"field": "perspective", "type": "nominal", "sort": order},
        "color": by_perspective,
    }
    scale = {"domain": [round(least - 0.05, 1) if least < 0 else 0, 1]}
    x = {"field": "value", "type": "quantitative", "title": value, "scale": scale}
    return {
        "height": {"step": 14},
        "encoding": shared,
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60},
                "encoding": {
                    "x": x,
                    "shape": {**by_perspective, "legend": None},
                    "description": {"field": "words"},
                },
            },
        ],
    }


def _reliability_rows(
    labels: dict[str, str], perspectives: Iterable[PerspectiveAgreement]
) -> Iterable[dict[str, Any]]:
    for item in perspectives:
        for figure in item.figures:
            measure = figure.measure
            if figure.name not in _RELIABILITIES or measure is None:
                continue
            name = str(label_of(figure.name))
            yield {
                "figure": name,
                "perspective": labels[item.key],
                "value": measure.value,
                "low": measure.low,
                "high": measure.high,
                "n": measure.n,
                "words": f"{name}, {labels[item.key]}: {measure.value:.2f}",
            }


def _half_width_plot(perspective: Perspective, results: PanelResults | None) -> Plot:
    known = results.of(perspective.key) if results else None
    found = half_widths(variances_of(perspective, known))
    rows = [{"ratings": n, "half_width": half, "words": f"{n}: ± {half:.2f}"} for n, half in found]
    grammar = {
        "height": 200,
        "encoding": {
            "x": {"field": "ratings", "type": "quantitative", "title": _("Ratings per image")},
            "y": {
                "field": "half_width",
                "type": "quantitative",
                # xgettext:no-python-format
                "title": _("Half-width of the 95 % interval, points"),
            },
        },
        "layer": [
            {"mark": {"type": "line", "color": MUTED}},
            {
                "mark": {"type": "point", "filled": True, "size": 30, "color": ACCENT},
                "encoding": {"description": {"field": "words"}},
            },
        ],
    }
    label = localized(perspective.settings.label)
    return Plot(
        "half_widths",
        _("What more ratings give: %(perspective)s") % {"perspective": label},
        _("The half-width falls from %(most)s points with one rating to %(least)s with %(n)d.")
        % {
            "most": shown_number(found[0][1], 2),
            "least": shown_number(found[-1][1], 2),
            "n": found[-1][0],
        },
        grammar,
        rows,
    )
