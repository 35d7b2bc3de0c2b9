"""The export page and its downloads."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ...studies.selectors import find_study
from .api import export_response
from .encoding import ExportFormat


@login_required
@require_safe
def export_page(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.export_study")
    context = {
        "study": study,
        "tab": "export",
        "address": request.build_absolute_uri(reverse("api-export", args=[study.slug])),
        "tokens_url": reverse("api-tokens"),
    }
    return render(request, "annotation/export.html", context)


@login_required
@require_safe
def export_file(request: HttpRequest, slug: str, form: str) -> StreamingHttpResponse:
    study = find_study(request.user, slug, "annotation.export_study")
    if form not in list(ExportFormat):
        raise Http404
    return export_response(study, ExportFormat(form))
