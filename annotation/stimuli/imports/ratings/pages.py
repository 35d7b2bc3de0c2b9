"""The page on which an old study is continued: ratings of its subjects are imported."""

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from workbench.accounts.signed_in import signed_in
from workbench.core.errors import MintError
from workbench.core.room import judges_bodies

from ....models import Study
from ....studies.selectors import find_study
from ..service import ImportOptions
from ..starting import request_import


class RatingsForm(forms.Form):
    """What `import_ratings` takes on the command line."""

    table = forms.FileField(
        label=gettext_lazy("Table of ratings"),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.jsonl,.json,.xlsx,.parquet,.mat"}),
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=100,
        help_text=gettext_lazy(
            "Whose ratings they are, such as the old study’s name. Subjects of different sources "
            "are different raters; the same subject of the same source is known again."
        ),
    )
    dry_run = forms.BooleanField(
        label=gettext_lazy("Dry run: only say what would be imported"),
        required=False,
        initial=True,
    )
    partial = forms.BooleanField(
        label=gettext_lazy("Import the good rows even if others are bad"), required=False
    )


@judges_bodies
@csrf_exempt
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def study_ratings(request: HttpRequest, slug: str) -> HttpResponse:
    """Judges an upload by its declared length first, as the import page does."""
    study = find_study(request.user, slug, "annotation.change_study")
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.IMPORT_UPLOAD_BYTES:
        limit = filesizeformat(settings.IMPORT_UPLOAD_BYTES)
        text = _("Together the files are larger than %(limit)s. Import them in parts.")
        response = _page(request, study, RatingsForm(), refused=text % {"limit": limit})
        response.status_code = 413
        return response
    return _form(request, study)


@csrf_protect
def _form(request: HttpRequest, study: Study) -> HttpResponse:
    form = RatingsForm(request.POST or None, request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, study, form)
    given = form.cleaned_data
    try:
        job = request_import(
            study=study,
            actor=signed_in(request),
            manifest=given["table"],
            images=None,
            partial=given["partial"],
            options=ImportOptions(ratings_of=given["source"], dry_run=given["dry_run"]),
        )
    except MintError as error:
        return _page(request, study, form, refused=error.message)
    return redirect(job)


def _page(
    request: HttpRequest, study: Study, form: RatingsForm, *, refused: str = ""
) -> HttpResponse:
    context = {
        "study": study,
        "tab": "import",
        "form": form,
        "refused": refused,
        "perspectives": study.perspective_settings,
    }
    return render(request, "annotation/import_ratings.html", context)
