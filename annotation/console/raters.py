"""The owner's pages about raters: links, how much each has rated, exclusion with a reason."""

import csv

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from workbench.accounts.signed_in import signed_in
from workbench.errors import MintError

from ..models import Rater
from ..selectors.studies import find_study, raters_of
from ..services.raters import CREATED_AT_ONCE, create_raters, rater_link, set_rater_status

_PER_PAGE = 100


@login_required
@require_http_methods(["GET", "POST"])
def rater_list(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.change_study")
    if request.method == "POST":
        count = request.POST.get("count", "")
        try:
            made = create_raters(
                study=study, count=int(count) if count.isdigit() else 0, actor=signed_in(request)
            )
        except MintError as error:
            messages.error(request, error.message)
        else:
            message = ngettext("%(n)d link made.", "%(n)d links made.", len(made))
            messages.success(request, message % {"n": len(made)})
        return redirect("study-raters", study.slug)
    page = Paginator(raters_of(study), _PER_PAGE).get_page(request.GET.get("page"))
    rows = [(rater, request.build_absolute_uri(rater_link(rater))) for rater in page]
    context = {
        "study": study,
        "tab": "raters",
        "page": page,
        "raters": rows,
        "limit": CREATED_AT_ONCE,
    }
    return render(request, "annotation/raters.html", context)


@login_required
@require_safe
def rater_csv(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.change_study")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{study.slug}-raters.csv"'
    writer = csv.writer(response)
    writer.writerow(["code", "link", "status", "ratings"])
    for rater in raters_of(study).iterator():
        link = request.build_absolute_uri(rater_link(rater))
        writer.writerow([rater.code, link, rater.status, rater.ratings])
    return response


@login_required
@require_POST
def rater_status(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.change_study")
    rater = get_object_or_404(Rater, study=study, code=code)
    status, reason = request.POST.get("status", ""), request.POST.get("reason", "").strip()
    try:
        set_rater_status(rater=rater, actor=signed_in(request), status=status, reason=reason)
    except MintError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Saved."))
    return redirect("study-raters", study.slug)
