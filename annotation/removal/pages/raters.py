"""The page that erases a rater: what it does is said first."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from workbench.accounts.signed_in import signed_in
from workbench.core.errors import MintError

from ...models import Rater
from ...studies.selectors import find_study
from ..erasing import erase_rater, erasure_outlook


@login_required
@require_http_methods(["GET", "POST"])
def rater_erase(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.change_study")
    rater = get_object_or_404(Rater, study=study, code=code)
    context = {"study": study, "tab": "raters", "rater": rater}
    if request.method == "POST":
        if request.POST.get("confirm", "").strip().upper() != rater.code:
            context["problem"] = _("Type the rater’s code to confirm.")
        else:
            try:
                left = erase_rater(
                    rater=rater, actor=signed_in(request), ratings=request.POST.get("ratings", "")
                )
            except MintError as error:
                context["problem"] = error.message
            else:
                messages.success(request, _("The rater is erased."))
                if left is None:
                    return redirect("study-raters", slug)
                return redirect("study-rater", slug, left.code)
    context["outlook"] = erasure_outlook(rater)
    return render(request, "annotation/rater_erase.html", context)
