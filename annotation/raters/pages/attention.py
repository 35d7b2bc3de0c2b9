"""The part of the overview that says what to look at now; it refreshes itself."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ...studies.selectors import find_study
from ..attention import attention_of


@login_required
@require_safe
def study_now(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.view_study")
    context = {
        "study": study,
        "now": attention_of(study),
        "may_change": request.user.has_perm("annotation.change_study", study),
    }
    return render(request, "annotation/_now.html", context)
