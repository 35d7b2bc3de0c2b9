"""The page of results about generators."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ...studies.selectors import find_study


@login_required
@require_safe
def results_generators(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.view_study")
    context = {"study": study, "tab": "results", "part": "generators"}
    return render(request, "annotation/results_generators.html", context)
