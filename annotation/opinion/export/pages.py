"""The export page, its downloads, and the study's releases of opinion scores."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from workbench.accounts.signed_in import signed_in
from workbench.core.downloads import wants_raw
from workbench.core.errors import MintError
from workbench.core.jobs.models import JobState
from workbench.core.room import streams

from ...models import OpinionRelease, OpinionScore, Stimulus, Study
from ...studies.selectors import find_study
from ..forecast import learners_of
from ..imported import CHOSEN
from ..methods import METHODS
from ..pages.shown import release_asked
from ..releases import live_release_if_made, make_release
from .api import export_response
from .formats import FORMATS
from .offered import document_link, offered


@login_required
@require_safe
def export_page(request: HttpRequest, slug: str) -> HttpResponse:
    """What can be taken home; `?release=N` offers it with the opinion scores of a kept release."""
    study = find_study(request.user, slug, "annotation.export_study")
    release = release_asked(study, request.GET.dict())
    return render(request, "annotation/export.html", _context(request, study, release))


@streams
@login_required
@require_safe
def export_file(request: HttpRequest, slug: str, form: str) -> StreamingHttpResponse | HttpResponse:
    study = find_study(request.user, slug, "annotation.export_study")
    if form not in FORMATS:
        raise Http404
    actor, raw = signed_in(request), wants_raw(request)
    try:
        return export_response(study, FORMATS[form], actor=actor, raw=raw)
    except MintError as error:
        messages.error(request, error.message)
        return redirect("study-export", slug=study.slug)


@login_required
@require_POST
def release_make(request: HttpRequest, slug: str) -> HttpResponse:
    """Keeps the current opinion scores under a name."""
    study = find_study(request.user, slug, "annotation.change_study")
    name, method = (request.POST.get(field, "") for field in ("name", "method"))
    try:
        make_release(study, name=name, method=method, actor=signed_in(request))
    except MintError as error:
        messages.error(request, error.message)
    return redirect("study-export", slug=study.slug)


def _context(request: HttpRequest, study: Study, chosen: OpinionRelease | None) -> dict[str, Any]:
    live = live_release_if_made(study)
    described = _described(study)
    frozen = [item for item in described if item["frozen"]]
    return {
        "study": study,
        "tab": "export",
        "address": request.build_absolute_uri(reverse("api-export", args=[study.slug])),
        "tokens_url": reverse("api-tokens"),
        "chosen": chosen,
        "groups": list(offered(study, chosen)),
        "document": document_link(study, chosen),
        "methods": [(method.name, _(method.label)) for method in METHODS.values()],
        "may_change": request.user.has_perm("annotation.change_study", study),
        "releases": [item for item in described if not item["frozen"]],
        "frozen": frozen,
        "frozen_chosen": any(item["release"] == chosen for item in frozen),
        "datasets": study.datasets.filter(state=JobState.SUCCEEDED).count(),
        "being_made": live is None,
        "any_kept": any(item["kept"] and not item["imported"] for item in described),
    }


def _described(study: Study) -> list[dict[str, Any]]:
    """All releases, with what a kept one has and the live one has not any more."""
    taken_out, learners = _taken_out(study), learners_of(study)
    return [
        {
            "release": release,
            "method": _(METHODS[release.method].label)
            if release.method in METHODS
            else release.method,
            "imported": release.kind == OpinionRelease.Kind.IMPORTED,
            "expected": release.source == CHOSEN,
            "kept": release.state != OpinionRelease.State.LIVE,
            "frozen": release.state == OpinionRelease.State.FROZEN,
            "erased": sum(item.ratings for item in release.erasures.all()),
            "taken_out": taken_out.get(release.pk, 0),
            "learners": learners.get(release.number, []),
        }
        for release in study.opinion_releases.prefetch_related("erasures")
    ]


def _taken_out(study: Study) -> dict[int, int]:
    """Kept release → images with a score in it that are out of use by now."""
    scores = OpinionScore.objects.filter(release__study=study).exclude(
        release__state=OpinionRelease.State.LIVE
    )
    out = scores.filter(stimulus__in=study.stimuli.exclude(state=Stimulus.State.IN_USE)).order_by()
    rows = out.values_list("release").annotate(images=Count("stimulus", distinct=True))
    return dict(rows)
