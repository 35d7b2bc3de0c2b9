"""The page of results about scores: how they were made, their distribution, images by score, and
the choice of a method with a look at what it would change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from workbench.accounts.signed_in import signed_in
from workbench.core.plots import Plot
from workbench.core.room import heavy

from ...models import OpinionRelease, Stimulus, Study
from ...studies.selectors import find_study
from ...studies.services import StudyError, update_study
from ...studies.texts import localized
from ..methods import METHODS
from ..previewing import MovedImage, PerspectivePreview, Preview
from ..references import account_of
from ..release_facts import report_of
from ..reporting import Report, bibtex, methods_paragraph
from .score_plots import disagreement_plots, distribution_plots, preview_plots, previewed
from .shown import ScoreListing, release_shown
from .waiting import waits_for_scores

_PER_PAGE = 50


@heavy
@login_required
@require_safe
@waits_for_scores("results", "scores")
def results_scores(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.view_study")
    release = release_shown(study, request.GET.dict())
    listing = ScoreListing.read(request.GET.dict(), list(study.perspectives.all()))
    report = report_of(release)
    pages = Paginator(listing.scores(release), _PER_PAGE)
    pages.count = listing.number(release)  # it is known
    page = pages.get_page(request.GET.get("page"))
    context = {
        "study": study,
        "tab": "results",
        "part": "scores",
        "release": release,
        "releases": _releases(study),
        "listing": listing,
        "asked": [(item.key, localized(item.label)) for item in study.perspectives.all()],
        "chosen": localized(listing.perspective.label),
        "scale": next(
            (row for row in release.perspectives.filter(perspective=listing.perspective)), None
        ),
        "columns": listing.columns(),
        "page": page,
        "query": listing.address(),
        "plot_query": f"release={listing.release}" if listing.release else "",
        "distributions": distribution_plots(release),
        "disagreements": disagreement_plots(release),
        "gallery": _gallery(listing, release),
        **_made(release, report),
        **_chooser(request, study),
    }
    return render(request, "annotation/results_scores.html", context)


@login_required
@require_POST
def method_choose(request: HttpRequest, slug: str) -> HttpResponse:
    """Makes a method the study's, whose live scores follow."""
    study = find_study(request.user, slug, "annotation.change_study")
    name = request.POST.get("method", "")
    if name not in METHODS:
        messages.error(request, _("Choose a method."))
        return redirect("study-results", slug=study.slug)
    try:
        update_study(study=study, actor=signed_in(request), changes={"opinion_method": name})
    except StudyError as error:
        messages.error(request, error.message)
    else:
        messages.success(
            request, _("Opinion scores are now made by: %(method)s.") % {"method": _label(name)}
        )
    return redirect("study-results", slug=study.slug)


def _releases(study: Study) -> list[OpinionRelease]:
    """The live one and the named ones."""
    own = study.opinion_releases.filter(kind=OpinionRelease.Kind.OWN)
    return list(own.exclude(state=OpinionRelease.State.FROZEN))


def _label(name: str) -> str:
    return _(METHODS[name].label) if name in METHODS else name


def _made(release: OpinionRelease, report: Report) -> dict[str, Any]:
    """How the scores were made, and what a paper says of it."""
    account = account_of(release.method)
    said = [(row.perspective.label, note) for row in _perspectives(release) for note in row.notes]
    return {
        "report": report,
        "method": _label(release.method),
        "words": account.words and _(account.words),
        "interval": account.interval and _(account.interval),
        "citation": METHODS[release.method].citation if release.method in METHODS else "",
        "notes": [(localized(label), _(note)) for label, note in said if note],
        "paragraph": methods_paragraph(report),
        "bibtex": bibtex(report),
    }


def _perspectives(release: OpinionRelease) -> Any:
    return release.perspectives.select_related("perspective").order_by("perspective__position")


def _gallery(listing: ScoreListing, release: OpinionRelease) -> list[tuple[str, str, Any]]:
    found = listing.gallery(release)
    titles = {"best": _("Best"), "worst": _("Worst"), "disputed": _("Most disputed")}
    return [(name, titles[name], rows) for name, rows in found.items() if rows]


@dataclass(frozen=True)
class _ShownPreview:
    """What a perspective's scores would become, for the template."""

    label: str
    part: PerspectivePreview
    plot: Plot
    movers: list[tuple[Stimulus, MovedImage]]
    notes: list[str]


def _chooser(request: HttpRequest, study: Study) -> dict[str, Any]:
    """The methods, and what the one that the address asks for would change."""
    if not request.user.has_perm("annotation.change_study", study):
        return {"may_change": False}
    name = request.GET.get("method", "")
    preview = previewed(study, request)
    asked = name in METHODS
    return {
        "may_change": True,
        "methods": [(item.name, _(item.label)) for item in METHODS.values()],
        "used": _label(study.opinion_method),
        "looked_at": name if asked else study.opinion_method,
        "other": _label(name) if asked else "",
        "other_words": _(account_of(name).words) if asked and account_of(name).words else "",
        "preview": preview,
        "waiting": asked and preview is None,
        "previews": _shown_preview(study, preview) if preview else [],
        "preview_query": request.GET.urlencode(),
    }


def _shown_preview(study: Study, preview: Preview) -> list[_ShownPreview]:
    labels = {item.key: localized(item.label) for item in study.perspective_settings}
    moved = {item.stimulus for part in preview.parts for item in part.movers}
    images = Stimulus.objects.select_related("prompt").in_bulk(moved)
    plots: Sequence[Plot] = preview_plots(study, preview)
    return [
        _ShownPreview(
            labels[part.perspective],
            part,
            plot,
            [(images[item.stimulus], item) for item in part.movers if item.stimulus in images],
            [_(note) for note in part.notes if note],
        )
        for part, plot in zip(preview.parts, plots, strict=True)
    ]
