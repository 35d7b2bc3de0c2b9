"""The page on which a study is made of a dataset release, and that of one such import."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.validators import validate_slug
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from workbench.accounts.signed_in import signed_in
from workbench.core.errors import MintError
from workbench.core.jobs.heartbeats import queue_state
from workbench.core.room import judges_bodies

from ...models import DatasetImport, Study
from ..importing.folder import MANIFESTS
from ..imports.pages import HtmxHttpRequest
from ..imports.tables_field import PICKED_KINDS, ImagesField, TablesInput
from .starting import ask_for_import, cancel_import

_SHOWN = 10


class DatasetImportForm(forms.Form):
    """What `import_dataset` takes on the command line."""

    archive = forms.FileField(
        label=gettext_lazy("Archive of the dataset release"),
        widget=forms.FileInput(attrs={"accept": ".zip"}),
        help_text=gettext_lazy(
            "The ZIP file as it was downloaded from the other server. It is held against its own "
            "hashes first."
        ),
    )
    images = ImagesField(
        label=gettext_lazy("Pictures"),
        required=False,
        help_text=gettext_lazy(
            "Only if the archive was made without its pictures. They are known by their hashes, "
            "whatever they are called."
        ),
        widget=TablesInput(attrs={"accept": ".zip," + ",".join(PICKED_KINDS)}),
    )
    slug = forms.CharField(
        label=gettext_lazy("Short name of the study"),
        required=False,
        max_length=80,
        validators=[validate_slug],
        help_text=gettext_lazy("Part of its address. If it is empty, that of the archive."),
    )

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug and Study.objects.filter(slug=slug).exists():
            raise forms.ValidationError(_("There is a study of this short name; choose another."))
        return slug


@judges_bodies
@csrf_exempt
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def dataset_import_new(request: HtmxHttpRequest) -> HttpResponse:
    """Judges an upload by its declared length first, as the import page does."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.IMPORT_UPLOAD_BYTES:
        limit = filesizeformat(settings.IMPORT_UPLOAD_BYTES)
        text = _("Together the files are larger than %(limit)s. Import them on the server.")
        response = _page(request, DatasetImportForm(), refused=text % {"limit": limit})
        response.status_code = 413
        return response
    return _form(request)


@csrf_protect
def _form(request: HtmxHttpRequest) -> HttpResponse:
    form = DatasetImportForm(request.POST or None, request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, form)
    try:
        job = ask_for_import(actor=signed_in(request), **form.cleaned_data)
    except MintError as error:
        return _page(request, form, refused=error.message)
    address = job.get_absolute_url()
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


@login_required
@require_safe
def dataset_import(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """One import's progress and outcome, for whoever asked for it; by htmx, its panel alone."""
    job = _find(request, pk)
    context: dict[str, Any] = {"job": job}
    if job.is_active:
        context["queue"] = queue_state(settings.CELERY_TASK_DEFAULT_QUEUE)
    name = "_dataset_import" if request.htmx else "dataset_import"
    return render(request, f"annotation/{name}.html", context)


@login_required
@require_POST
def dataset_import_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    job = _find(request, pk)
    try:
        cancel_import(job=job)
    except MintError as error:
        messages.error(request, error.message)
    return redirect(job)


def _find(request: HttpRequest, pk: int) -> DatasetImport:
    mine = DatasetImport.objects.filter(actor=signed_in(request)).select_related("study")
    return get_object_or_404(mine, pk=pk)


def _page(request: HtmxHttpRequest, form: DatasetImportForm, *, refused: str = "") -> HttpResponse:
    name = "_dataset_import_form" if request.htmx else "dataset_import_new"
    context = {
        "form": form,
        "refused": refused,
        "limit": settings.IMPORT_UPLOAD_BYTES,
        "picked_kinds": ",".join(PICKED_KINDS),
        "manifest_names": ",".join(sorted(MANIFESTS)),
        "jobs": DatasetImport.objects.filter(actor=signed_in(request))[:_SHOWN],
    }
    return render(request, f"annotation/{name}.html", context)
