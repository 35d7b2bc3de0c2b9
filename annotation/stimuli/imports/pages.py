"""The import page: upload a manifest and an archive, watch the job, read its outcome."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from workbench.accounts.signed_in import signed_in
from workbench.core.errors import MintError
from workbench.core.jobs.heartbeats import queue_state
from workbench.core.jobs.models import JobState
from workbench.core.problems import Problem

from ...models import ImportJob, OpinionRelease, Stimulus, Study
from ...studies.pages.steps import in_words
from ...studies.selectors import find_study
from ...studies.setup import undone_steps
from ..holdout import holdout_context
from ..importing.manifest import REQUIRED
from ..importing.problems import RowNote
from ..importing.remarks import Remark
from .again import CONSTANT, Mapped, cancel_import, retry_import
from .service import ImportOptions
from .starting import ImportActiveError, UploadNotKeptError, request_import

_JOBS_SHOWN = 10
_MANIFEST_TYPES = ".csv,.tsv,.txt,.jsonl,.ndjson,.json"


class HtmxHttpRequest(HttpRequest):
    """A request after its middleware."""

    htmx: HtmxDetails


class ImportForm(forms.Form):
    """What `import_stimuli` takes on the command line."""

    manifest = forms.FileField(
        label=gettext_lazy("Manifest"),
        help_text=gettext_lazy(
            "CSV, TSV or JSONL with the columns filename, prompt and generator, in UTF-8, UTF-16 "
            "or GB18030. Other columns are kept as metadata; mos_ and a perspective's key (such as "
            "mos_quality, with sd_quality and raters) is a published score."
        ),
        widget=forms.FileInput(attrs={"accept": _MANIFEST_TYPES}),
    )
    images = forms.FileField(
        label=gettext_lazy("Images"),
        required=False,
        help_text=gettext_lazy("A ZIP of JPEG, PNG or WebP files."),
        widget=forms.FileInput(attrs={"accept": ".zip"}),
    )
    purpose = forms.ChoiceField(
        label=gettext_lazy("Purpose"),
        choices=Stimulus.Purpose.choices,
        initial=Stimulus.Purpose.MAIN,
        help_text=gettext_lazy(
            "Main images are rated and learnt from. Practice images and gold images (hidden "
            "checks) are kept apart from them."
        ),
    )
    mos_minimum = forms.FloatField(
        label=gettext_lazy("Lowest published score"),
        initial=0,
        help_text=gettext_lazy("The lower end of their scale, such as 0 or 1."),
    )
    mos_scale = forms.FloatField(
        label=gettext_lazy("Highest published score"),
        initial=1,
        help_text=gettext_lazy("The upper end of their scale, such as 1, 5 or 100."),
    )
    direction = forms.ChoiceField(
        label=gettext_lazy("Direction of published scores"),
        choices=OpinionRelease.Direction.choices,
        initial=OpinionRelease.Direction.HIGHER,
    )
    score_kind = forms.ChoiceField(
        label=gettext_lazy("Kind of published scores"),
        choices=OpinionRelease.ScoreKind.choices,
        initial=OpinionRelease.ScoreKind.OTHER,
    )
    partial = forms.BooleanField(
        label=gettext_lazy("Import the good rows even if others are bad"), required=False
    )
    labels_only = forms.BooleanField(
        label=gettext_lazy("If an image is missing, keep its row as labels"), required=False
    )

    def published(self) -> list[forms.BoundField]:
        """On which scale scores were published: asked of the few who import any."""
        return [self[name] for name in ("mos_minimum", "mos_scale", "direction", "score_kind")]

    def common(self) -> list[forms.BoundField]:
        """The other fields, in their order."""
        apart = {field.name for field in self.published()}
        return [field for field in self if field.name not in apart]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("images") and not cleaned.get("labels_only"):
            self.add_error(
                "images", _("Add the ZIP of the images, or choose to keep rows as labels.")
            )
        lowest, highest = cleaned.get("mos_minimum"), cleaned.get("mos_scale")
        if lowest is not None and highest is not None and lowest >= highest:
            self.add_error("mos_scale", _("The highest score must be above the lowest."))
        return cleaned

    def options(self) -> ImportOptions:
        return ImportOptions(
            purpose=self.cleaned_data["purpose"],
            labels_only=self.cleaned_data["labels_only"],
            mos_minimum=self.cleaned_data["mos_minimum"],
            mos_scale=self.cleaned_data["mos_scale"],
            direction=self.cleaned_data["direction"],
            score_kind=self.cleaned_data["score_kind"],
        )


@csrf_exempt
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def study_import(request: HtmxHttpRequest, slug: str) -> HttpResponse:
    """Judge an upload by its declared length first: looking for the CSRF token would read it all.

    The length is binding: WSGI servers pass on no more than was declared.
    """
    study = find_study(request.user, slug, "annotation.change_study")
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.IMPORT_UPLOAD_BYTES:
        form = ImportForm()
        limit = filesizeformat(settings.IMPORT_UPLOAD_BYTES)
        text = _("Together the files are larger than %(limit)s. Import them in parts.")
        response = _page(request, study, form, refused=text % {"limit": limit})
        response.status_code = 413
        return response
    return _import_form(request, study)


@csrf_protect
def _import_form(request: HtmxHttpRequest, study: Study) -> HttpResponse:
    # A step of the study's checklist names the purpose that it is about.
    asked = {"purpose": request.GET["purpose"]} if "purpose" in request.GET else None
    form = ImportForm(request.POST or None, request.FILES or None, initial=asked)
    if request.method != "POST" or not form.is_valid():
        return _page(request, study, form)
    try:
        job = request_import(
            study=study,
            actor=signed_in(request),
            manifest=form.cleaned_data["manifest"],
            images=form.cleaned_data["images"],
            partial=form.cleaned_data["partial"],
            options=form.options(),
        )
    except (ImportActiveError, UploadNotKeptError) as error:
        return _page(request, study, form, refused=error.message)
    address = reverse("study-import-job", args=[study.slug, job.pk])
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


@login_required
@require_safe
def study_import_job(request: HtmxHttpRequest, slug: str, job: int) -> HttpResponse:
    """One import's progress and outcome; asked for by htmx, its panel alone."""
    study = find_study(request.user, slug, "annotation.change_study")
    found = get_object_or_404(ImportJob, pk=job, study=study)
    template = "annotation/_import_job.html" if request.htmx else "annotation/import_job.html"
    context = {"study": study, "tab": "import", "job": found, **_outcome(found), **_way_on(found)}
    if found.is_active:
        context["queue"] = queue_state(settings.CELERY_TASK_DEFAULT_QUEUE)
    return render(request, template, context)


@login_required
@require_POST
def study_import_cancel(request: HttpRequest, slug: str, job: int) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.change_study")
    found = get_object_or_404(ImportJob, pk=job, study=study)
    try:
        cancel_import(job=found, actor=signed_in(request))
    except MintError as error:
        messages.error(request, error.message)
    return redirect("study-import-job", study.slug, found.pk)


@login_required
@require_POST
def study_import_retry(request: HttpRequest, slug: str, job: int) -> HttpResponse:
    """Tries a failed import again, with the files that it was given: with other names for its
    columns, or only its good rows."""
    study = find_study(request.user, slug, "annotation.change_study")
    found = get_object_or_404(ImportJob, pk=job, study=study)
    try:
        new = retry_import(
            job=found,
            actor=signed_in(request),
            partial=request.POST.get("partial") == "on",
            mapped=Mapped(
                _filled(request.POST, "column", REQUIRED),
                _filled(request.POST, "constant", CONSTANT),
            ),
        )
    except MintError as error:
        messages.error(request, error.message)
        return redirect("study-import-job", study.slug, found.pk)
    return redirect("study-import-job", study.slug, new.pk)


def _filled(given: QueryDict, prefix: str, names: Sequence[str]) -> dict[str, str]:
    """The fields `prefix_name` that are filled in, and say another name than the usual one."""
    values = {name: given.get(f"{prefix}_{name}", "").strip() for name in names}
    return {name: value for name, value in values.items() if value and value != name}


def _page(
    request: HtmxHttpRequest, study: Study, form: ImportForm, *, refused: str = ""
) -> HttpResponse:
    template = "annotation/_import_form.html" if request.htmx else "annotation/import.html"
    context = {
        "study": study,
        "tab": "import",
        "form": form,
        "refused": refused,
        "limit": settings.IMPORT_UPLOAD_BYTES,
        "jobs": (jobs := list(study.import_jobs.select_related("actor")[:_JOBS_SHOWN])),
        "watched": any(job.is_active for job in jobs),
        **holdout_context(study),
    }
    return render(request, template, context)


def _outcome(job: ImportJob) -> dict[str, Any]:
    """The job's rows and refusal, in the reader's language."""
    refusal = Problem.from_json(job.refusal) if job.refusal else None
    return {
        "rejected": [_readable(item) for item in job.rejected_rows],
        "notes": [_readable(item) for item in job.notes],
        "remarks": [Remark.from_json(item).sentence(_) for item in job.remarks],
        "importable": job.progress_total - job.rejected,
        "refusal": refusal and {"sentence": refusal.sentence(_), "advice": refusal.advice(_)},
    }


def _way_on(job: ImportJob) -> dict[str, Any]:
    """After a success the next step of the set-up; after a failure what to change."""
    if job.state == JobState.SUCCEEDED:
        undone = undone_steps(job.study)
        return {"next_step": in_words(job.study, undone[0]) if undone else None}
    if job.state == JobState.FAILED and job.manifest:
        names = [(name, job.column_names.get(name, name)) for name in REQUIRED]
        values = [(name, job.column_values.get(name, "")) for name in CONSTANT]
        return {"repeatable": True, "columns": names, "constants": values}
    return {}


def _readable(item: dict[str, Any]) -> dict[str, Any]:
    note = RowNote.from_json(item)
    return {
        "row": note.row,
        "line": note.line,
        "filename": note.filename,
        "sentence": note.sentence(_),
        "advice": note.advice(_),
    }
