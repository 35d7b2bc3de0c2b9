"""The forms that archive and duplicate a study, and the page that deletes it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from workbench.accounts.signed_in import signed_in
from workbench.core.errors import MintError

from ...studies.selectors import find_study
from ..archiving import archive_study, bring_back_study
from ..deleting import delete_study, deletion_outlook
from ..duplicating import duplicate_study


@login_required
@require_POST
def study_archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Archives the study, or brings it back."""
    study = find_study(request.user, slug, "annotation.change_study")
    back = request.POST.get("wish") == "back"
    act = bring_back_study if back else archive_study
    try:
        act(study=study, actor=signed_in(request))
    except MintError as error:
        messages.error(request, error.message)
    else:
        archived = _("Archived: it is only in the list of archived studies now.")
        said = _("The study is back.") if back else archived
        messages.success(request, said)
    return redirect("study-settings", slug)


@login_required
@require_POST
def study_duplicate(request: HttpRequest, slug: str) -> HttpResponse:
    """On to the settings of the new study."""
    study = find_study(request.user, slug, "annotation.change_study")
    try:
        new = duplicate_study(
            study=study,
            owner=signed_in(request),
            title=request.POST.get("title", "").strip(),
            images="images" in request.POST,
        )
    except MintError as error:
        messages.error(request, error.message)
        return redirect("study-settings", slug)
    messages.success(request, _("This is the new study."))
    return redirect(new)


@login_required
@require_http_methods(["GET", "POST"])
def study_delete(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.delete_study")
    context = {"study": study, "tab": "settings"}
    if request.method == "POST":
        confirm = request.POST.get("confirm", "")
        try:
            gone = delete_study(study=study, actor=signed_in(request), confirm=confirm)
        except MintError as error:
            context["problem"] = error.message
        else:
            said = _("“%(title)s” is deleted.") if gone else _("“%(title)s” is being deleted.")
            messages.success(request, said % {"title": study.title})
            return redirect("studies")
    context["outlook"] = deletion_outlook(study)
    return render(request, "annotation/study_delete.html", context)
