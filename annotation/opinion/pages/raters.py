"""The page of results about raters: bias, inconsistency, screening, consistency, exclusions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from workbench.core.downloads import csv_download
from workbench.core.plots import ACCENT, BAD, MUTED, Plot
from workbench.core.room import heavy
from workbench.templatetags.numbers import shown_number

from ...models import Perspective, Study, SubjectEstimate
from ...protocol.verdicts import Verdict
from ...studies.selectors import find_study
from ...studies.texts import localized
from ..methods import METHODS
from ..panel.raters import RaterRow, RaterTable, exclusions, rater_table
from ..panel.selectors import panel_results
from ..releases import live_release
from .plan_form import chosen_perspective
from .plots import plots_of
from .waiting import waits_for_scores

_PER_PAGE = 50
#: Marks of a plot; with more raters, those with the most ratings are drawn.
_MOST_MARKS = 2_000
#: What a column sorts by; None stays at the end.
_SORTS: dict[str, Callable[[RaterRow], float | str | None]] = {
    "code": lambda row: row.rater.code,
    "ratings": lambda row: row.ratings,
    "bias": lambda row: row.bias,
    "inconsistency": lambda row: row.inconsistency,
    "verdict": lambda row: row.verdict,
    "far": lambda row: row.screened.share if row.screened else None,
    "agreement": lambda row: row.agreement,
    "corrected": lambda row: row.corrected,
}
_LABELS: dict[str, str | Promise] = {
    "code": gettext_lazy("Rater"),
    "ratings": gettext_lazy("Ratings"),
    "bias": gettext_lazy("Bias, points"),
    "inconsistency": gettext_lazy("Inconsistency, points"),
    "verdict": gettext_lazy("Verdict of the method"),
    "far": gettext_lazy("BT.500 screening"),
    "agreement": gettext_lazy("Agreement"),
    "corrected": gettext_lazy("Corrected agreement"),
}
_WORDS = ("code", "verdict", "far")
#: The other way round first: what is striking is at that end.
_DESCENDING_FIRST = ("ratings", "inconsistency", "verdict", "far")
_DEFAULT = "code"
_CSV = (
    "perspective",
    "rater",
    "status",
    "ratings",
    "bias",
    "inconsistency",
    "estimated_by",
    "verdict",
    "reason",
    "bt500_above",
    "bt500_below",
    "bt500_scores",
    "bt500_rejected",
    "agreement",
    "corrected_agreement",
)


@dataclass(frozen=True)
class _Query:
    """What an address asks for; anything unknown in it is ignored."""

    perspective: str
    sort: str

    @classmethod
    def read(cls, given: Mapping[str, str], perspective: str) -> "_Query":
        sort = given.get("sort", "")
        return cls(perspective, sort if sort.removeprefix("-") in _SORTS else _DEFAULT)

    def address(self, **changes: str) -> str:
        return urlencode({"perspective": self.perspective, "sort": self.sort, **changes})

    def columns(self) -> list[dict[str, Any]]:
        """Headings; `address` sorts by one, the other way round if it is the order already."""
        return [self._column(name) for name in _SORTS]

    def _column(self, name: str) -> dict[str, Any]:
        here = self.sort.removeprefix("-") == name
        descending = not self.sort.startswith("-") if here else name in _DESCENDING_FIRST
        order = "descending" if self.sort.startswith("-") else "ascending"
        return {
            "label": _LABELS[name],
            "numeric": name not in _WORDS,
            "address": self.address(sort=f"-{name}" if descending else name),
            "order": order if here else "none",
        }

    def sorted(self, rows: Iterable[RaterRow]) -> list[RaterRow]:
        value = _SORTS[self.sort.removeprefix("-")]
        rows = list(rows)
        known = [row for row in rows if value(row) is not None]
        known.sort(key=value, reverse=self.sort.startswith("-"))  # type: ignore[arg-type] # no None
        return known + [row for row in rows if value(row) is None]


@heavy
@login_required
@require_safe
@waits_for_scores("results", "raters")
def results_raters(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.view_study")
    perspective = chosen_perspective(study, request.GET.get("perspective"))
    context = {
        "study": study,
        "tab": "results",
        "part": "raters",
        "may_change": request.user.has_perm("annotation.change_study", study),
        "exclusions": _exclusions(study),
        **(_of_perspective(request, study, perspective) if perspective else {}),
    }
    return render(request, "annotation/results_raters.html", context)


def _of_perspective(request: HttpRequest, study: Study, perspective: Perspective) -> dict[str, Any]:
    release, results = live_release(study), panel_results(study)
    table = rater_table(study, release, results, perspective.key)
    query = _Query.read(request.GET.dict(), perspective.key)
    page = Paginator(query.sorted(table.rows), _PER_PAGE).get_page(request.GET.get("page"))
    findings = results.findings.get(perspective.key) if results else None
    return {
        "asked": [(item.key, localized(item.label)) for item in study.perspective_settings],
        "perspective": perspective.key,
        "table": table,
        "page": page,
        "rows": list(page),
        "query": query.address(),
        "columns": query.columns(),
        "computing": results is None,
        "method": _(METHODS[release.method].label) if release.method in METHODS else release.method,
        "citation": METHODS[release.method].citation if release.method in METHODS else "",
        "verdicts": any(row.verdict for row in table.rows),
        "reasons": {_(row.reason) for row in table.rows if row.reason},
        "notes": [_(note) for note in findings.notes] if findings and not table.own else [],
        "plot": _plot(study, perspective, table, links=_may_see(request, study)),
        "plot_query": urlencode({"perspective": perspective.key}),
    }


@heavy
@login_required
@require_safe
@waits_for_scores("results", "raters", status=503)
def results_raters_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """All raters from all perspectives; a line for each pair."""
    study = find_study(request.user, slug, "annotation.view_study")
    release, results = live_release(study), panel_results(study)
    lines = (
        _cells(item.key, row, release.method if table.own else "subject_map")
        for item in study.perspective_settings
        for table in (rater_table(study, release, results, item.key),)
        for row in table.rows
    )
    return csv_download(request, f"{study.slug}-results-raters", _CSV, lines)


@plots_of("raters")
def rater_plots(study: Study, request: HttpRequest) -> Sequence[Plot]:
    perspective = chosen_perspective(study, request.GET.get("perspective"))
    if perspective is None:
        return ()
    table = rater_table(study, live_release(study), panel_results(study), perspective.key)
    return (_plot(study, perspective, table, links=_may_see(request, study)),)


def _may_see(request: HttpRequest, study: Study) -> bool:
    """Whether the viewer may open raters' own pages."""
    return request.user.has_perm("annotation.change_study", study)


def _exclusions(study: Study) -> list[dict[str, Any]]:
    return [
        {
            "at": entry.created_at,
            "actor": entry.actor,
            "code": entry.detail.get("rater", ""),
            "reason": entry.detail.get("reason", ""),
            "excluded": entry.action == "rater.excluded",
        }
        for entry in exclusions(study)
    ]


def _cells(perspective: str, row: RaterRow, estimated_by: str) -> list[Any]:
    screened, numbers = row.screened, (row.agreement, row.corrected)
    return [
        perspective,
        row.rater.code,
        row.rater.status,
        row.ratings,
        _number(row.bias),
        _number(row.inconsistency),
        estimated_by if row.bias is not None else "",
        row.verdict,
        row.reason,
        *((screened.above, screened.below, screened.n) if screened else ("", "", "")),
        ("yes" if screened.rejected else "no") if screened else "",
        *(_number(value) for value in numbers),
    ]


def _number(value: float | None) -> float | str:
    return "" if value is None else float(f"{value:.6g}")


def _plot(study: Study, perspective: Perspective, table: RaterTable, *, links: bool) -> Plot:
    known = [row for row in table.rows if row.bias is not None and row.inconsistency is not None]
    drawn = sorted(known, key=lambda row: -row.ratings)[:_MOST_MARKS]
    verdicts = dict(SubjectEstimate._meta.get_field("verdict").choices or [])
    rows = [_mark(study, row, str(verdicts[row.verdict]), links=links) for row in drawn]
    names = [str(verdicts[verdict.value]) for verdict in Verdict]
    label = localized(perspective.settings.label)
    summary = ngettext(
        "%(n)d rater by bias and inconsistency; 0 bias is as high as the others.",
        "%(n)d raters by bias and inconsistency; 0 bias is as high as the others.",
        len(rows),
    ) % {"n": len(rows)}
    if len(drawn) < len(known):
        summary += " " + _("Of %(n)d raters, those with the most ratings.") % {"n": len(known)}
    return Plot(
        "bias",
        _("Bias and inconsistency of raters: %(perspective)s") % {"perspective": label},
        summary,
        _grammar(names),
        rows,
        nothing=_("No rater has ratings that count yet."),
    )


def _mark(study: Study, row: RaterRow, verdict: str, *, links: bool) -> dict[str, Any]:
    words = _("%(code)s: bias %(bias)s, inconsistency %(inconsistency)s, %(n)d ratings") % {
        "code": row.rater.code,
        "bias": shown_number(row.bias, 2),
        "inconsistency": shown_number(row.inconsistency, 2),
        "n": row.ratings,
    }
    return {
        "rater": row.rater.code,
        "bias": row.bias,
        "inconsistency": row.inconsistency,
        "ratings": row.ratings,
        "verdict": verdict,
        "words": words,
        "address": reverse("study-rater", args=[study.slug, row.rater.code]) if links else None,
    }


def _grammar(names: Sequence[str]) -> dict[str, Any]:
    colours = {"domain": list(names), "range": [MUTED, ACCENT, BAD]}
    shapes = {"domain": list(names), "range": ["circle", "circle", "triangle-up"]}
    return {
        "height": 300,
        "layer": [
            {
                "mark": {"type": "rule", "color": MUTED, "strokeDash": [4, 4], "aria": False},
                "encoding": {"x": {"datum": 0}},
            },
            {
                "mark": {"type": "point", "filled": True, "opacity": 0.8},
                "encoding": {
                    "x": {
                        "field": "bias",
                        "type": "quantitative",
                        "title": _("Bias: scores higher (right) or lower than others, points"),
                    },
                    "y": {
                        "field": "inconsistency",
                        "type": "quantitative",
                        "title": _("Inconsistency: scatter of scores, points"),
                        "scale": {"zero": True},
                    },
                    "size": {
                        "field": "ratings",
                        "type": "quantitative",
                        "title": _("Ratings"),
                        "scale": {"range": [30, 300]},
                        "legend": {"orient": "bottom"},
                    },
                    "color": {
                        "field": "verdict",
                        "type": "nominal",
                        "title": _("Verdict of the method"),
                        "scale": colours,
                        "legend": {"orient": "bottom"},
                    },
                    "shape": {
                        "field": "verdict",
                        "type": "nominal",
                        "scale": shapes,
                        "legend": None,
                    },
                    "href": {"field": "address"},
                    "description": {"field": "words"},
                },
            },
        ],
    }
