"""The page of published scores: what each source has, on which scale, and how it is linked."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from workbench.accounts.signed_in import signed_in
from workbench.core.errors import MintError
from workbench.core.problems import Problem

from ...models import ScaleLink
from ...studies.selectors import find_study
from ...studies.texts import localized
from ..linking import FEWEST
from ..links import PublishedScores, link_scale, published_scores, target_name, unlink_scale


@login_required
@require_safe
def study_published(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.change_study")
    labels = {row.key: localized(row.label) for row in study.perspectives.all()}
    rows = [_shown(item, labels) for item in published_scores(study)]
    context = {"study": study, "tab": "import", "rows": rows, "fewest": FEWEST}
    return render(request, "annotation/published.html", context)


@login_required
@require_POST
def study_scale_link(request: HttpRequest, slug: str) -> HttpResponse:
    """Fits a link, or removes one."""
    study, given = find_study(request.user, slug, "annotation.change_study"), request.POST
    asked: dict[str, Any] = {
        "study": study,
        "actor": signed_in(request),
        "source": given.get("source", ""),
        "perspective": given.get("perspective", ""),
    }
    try:
        if "remove" in given:
            unlink_scale(**asked)
            messages.success(request, _("The link was removed: the scores count as published."))
        else:
            link_scale(**asked, target=given.get("target", ""))
            messages.success(request, _("The link was fitted. The next training uses it."))
    except MintError as error:
        messages.error(request, _readable(error))
    return redirect("study-published", study.slug)


def _readable(error: MintError) -> str:
    """In the reader's language."""
    if isinstance(error, Problem):
        return f"{error.sentence(_)}; {error.advice(_)}"
    return error.message


def _source_of(link: ScaleLink) -> str:
    """As a meeting names its target."""
    return link.target.source if link.target else ""


def _shown(item: PublishedScores, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "release": item.release,
        "perspective": item.perspective,
        "label": labels[item.perspective],
        "images": item.images,
        "link": item.link,
        "target": target_name(item.link) if item.link else "",
        "is_outdated": item.is_outdated,
        "meetings": [
            {
                "name": each.target or _("the study’s raters"),
                "meeting": each,
                "is_linked": item.link is not None and each.target == _source_of(item.link),
            }
            for each in item.meetings
        ],
    }
