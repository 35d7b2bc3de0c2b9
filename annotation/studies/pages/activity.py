"""The audit trail as pages: of one study, and of the whole site for its administrators."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workbench.accounts.signed_in import signed_in

from ...models import AuditEntry
from ..acts import said
from ..selectors import find_study

_PER_PAGE = 50


@login_required
@require_safe
def study_activity(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.change_study")
    context = {"study": study, "tab": "settings", "part": "activity"}
    entries = AuditEntry.objects.filter(study=study)
    return render(request, "annotation/study_activity.html", context | _page(request, entries))


@login_required
@require_safe
def site_activity(request: HttpRequest) -> HttpResponse:
    """All studies, sign-ins and tokens; for lab administrators."""
    if not signed_in(request).is_staff:
        raise Http404
    context = {"section": "activity", "of_site": True}
    return render(
        request, "annotation/activity.html", context | _page(request, AuditEntry.objects.all())
    )


def _page(request: HttpRequest, entries: QuerySet[AuditEntry]) -> dict[str, Any]:
    found = entries.select_related("actor", "study")
    page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
    return {"page": page, "entries": [(entry, said(entry)) for entry in page]}
