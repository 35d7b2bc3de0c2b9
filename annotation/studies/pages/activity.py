"""The audit trail as pages: of one study, and of the whole site for its administrators."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workbench.accounts.signed_in import signed_in
from workbench.core.downloads import csv_download

from ...models import AuditEntry, Study
from ..acts import said
from ..audit import record
from ..audit_search import CSV_COLUMNS, SearchForm, csv_rows
from ..selectors import find_study

_PER_PAGE = 50


@login_required
@require_safe
def study_activity(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.change_study")
    entries = AuditEntry.objects.filter(study=study)
    if "csv" in request.GET:
        return _csv(request, entries, study)
    context = {"study": study, "tab": "settings", "part": "activity"}
    return render(request, "annotation/study_activity.html", context | _page(request, entries))


@login_required
@require_safe
def site_activity(request: HttpRequest) -> HttpResponse:
    """All studies, sign-ins and tokens; for lab administrators."""
    if not signed_in(request).is_staff:
        raise Http404
    entries = AuditEntry.objects.all()
    if "csv" in request.GET:
        return _csv(request, entries, None)
    context = {"section": "activity", "of_site": True}
    return render(request, "annotation/activity.html", context | _page(request, entries))


def _page(request: HttpRequest, entries: QuerySet[AuditEntry]) -> dict[str, Any]:
    form = SearchForm(request.GET)
    found = form.found(entries).select_related("actor", "study")
    page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
    asked = {name: request.GET[name] for name in form.fields if request.GET.get(name)}
    return {
        "form": form,
        "page": page,
        "query": urlencode(asked),
        "entries": [(entry, said(entry)) for entry in page],
    }


def _csv(request: HttpRequest, entries: QuerySet[AuditEntry], study: Study | None) -> HttpResponse:
    """What is looked for, as a table; that it was taken is an act, too."""
    found = SearchForm(request.GET).found(entries)
    record(study=study, actor=signed_in(request), action="activity.exported")
    name = f"{study.slug}-activity" if study else "activity"
    return csv_download(request, name, CSV_COLUMNS, csv_rows(found))
