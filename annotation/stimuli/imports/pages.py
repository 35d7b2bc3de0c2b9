"""The import page: upload a manifest and an archive, watch the job, read its outcome."""

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from workbench.accounts.limits import TooOftenError
from workbench.accounts.signed_in import signed_in
from workbench.core.errors import MintError
from workbench.core.jobs.heartbeats import queue_state
from workbench.core.jobs.models import JobState
from workbench.core.problems import Problem
from workbench.core.room import judges_bodies
from workbench.core.uploads import UploadNotKeptError

from ...models import ImportJob, Study
from ...studies.pages.steps import in_words
from ...studies.selectors import find_study
from ...studies.setup import undone_steps
from ..generation.sidecars import Source
from ..holdout import holdout_context
from ..importing.folder import MANIFESTS
from ..importing.gaps import Gap
from ..importing.problems import RowNote
from ..importing.remarks import Remark
from ..mapping.as_json import from_json
from ..mapping.document import TableMapping
from ..mapping.own import CONSTANT, Fills
from .again import cancel_import, kept_files, retry_import
from .form import ImportForm
from .mapping_form import changed_mapping, mapping_fields
from .pictures import gap_picture, has_pictures
from .starting import ImportActiveError, request_import
from .tables_field import PICKED_KINDS

_JOBS_SHOWN = 10


class HtmxHttpRequest(HttpRequest):
    """A request after its middleware."""

    htmx: HtmxDetails


@judges_bodies
@csrf_exempt
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def study_import(request: HtmxHttpRequest, slug: str) -> HttpResponse:
    """Judge an upload by its declared length first: looking for the CSRF token would read it all.

    The length is binding: WSGI servers pass on no more than was declared.
    """
    study = find_study(request.user, slug, "annotation.change_study")
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.IMPORT_UPLOAD_BYTES:
        form = ImportForm(study)
        limit = filesizeformat(settings.IMPORT_UPLOAD_BYTES)
        text = _("Together the files are larger than %(limit)s. Import them in parts.")
        response = _page(request, study, form, refused=text % {"limit": limit})
        response.status_code = 413
        return response
    try:
        return _import_form(request, study)
    except UploadNotKeptError as error:
        # While it was read: the form is not there, and cannot be asked for again.
        response = _page(request, study, ImportForm(study), refused=error.message)
        response.status_code = 507
        return response


@csrf_protect
def _import_form(request: HtmxHttpRequest, study: Study) -> HttpResponse:
    # A step of the study's checklist names the purpose that it is about.
    asked = {"purpose": request.GET["purpose"]} if "purpose" in request.GET else None
    form = ImportForm(study, request.POST or None, request.FILES or None, initial=asked)
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
            address=form.cleaned_data["address"],
        )
    except (ImportActiveError, TooOftenError) as error:
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
@require_safe
@cache_control(private=True, max_age=3600)
def study_import_picture(request: HttpRequest, slug: str, job: int, row: int) -> HttpResponse:
    """A small picture of an image that the import's page asks about."""
    study = find_study(request.user, slug, "annotation.change_study")
    picture = gap_picture(get_object_or_404(ImportJob, pk=job, study=study), row)
    if picture is None:
        raise Http404
    return HttpResponse(picture, content_type="image/jpeg")


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
            mapping=_changed(found, request.POST),
            constants=_constants(found, request.POST),
            fills=_fills(found, request.POST),
            dry_run=request.POST.get("dry_run") == "on",
        )
    except MintError as error:
        messages.error(request, error.message)
        return redirect("study-import-job", study.slug, found.pk)
    return redirect("study-import-job", study.slug, new.pk)


def _changed(job: ImportJob, given: QueryDict) -> TableMapping | None:
    """The job's mapping as its page was filled in; None if the worker is to suggest one."""
    if not job.mapping and not given.get("mapping", "").strip():
        return None
    filled = {name: given.get(name, "") for name in given}
    return changed_mapping(from_json(job.mapping) if job.mapping else None, filled)


def _constants(job: ImportJob, given: QueryDict) -> dict[str, str] | None:
    """What is said of images without a manifest; None if there is one."""
    if not job.is_images_alone:
        return None
    said = {name: given.get(f"constant_{name}", "").strip() for name in CONSTANT}
    return {name: text for name, text in said.items() if text}


def _fills(job: ImportJob, given: QueryDict) -> Fills:
    """What was typed into the gaps of single images."""
    typed = {
        item["filename"]: {
            name: text
            for name in CONSTANT
            if (text := given.get(f"fill_{name}_{item['row']}", "").strip())
        }
        for item in job.gaps
    }
    return {name: said for name, said in typed.items() if said}


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
        "remote": settings.IMPORT_REMOTE,
        "picked_kinds": ",".join(PICKED_KINDS),
        "manifest_names": ",".join(sorted(MANIFESTS)),
        "jobs": (jobs := list(study.import_jobs.select_related("actor")[:_JOBS_SHOWN])),
        "watched": any(job.is_active for job in jobs),
        "mappings": study.saved_mappings.select_related("actor"),
        **holdout_context(study),
    }
    return render(request, template, context)


def _outcome(job: ImportJob) -> dict[str, Any]:
    """The job's rows and refusal, in the reader's language."""
    refusal = Problem.from_json(job.refusal) if job.refusal else None
    gaps = {item["row"] for item in job.gaps}
    return {
        # What can be filled in is listed where it is.
        "rejected": [_readable(item) for item in job.rejected_rows if item["row"] not in gaps],
        "rejected_rows_left": job.rejected > len(job.rejected_rows),
        "notes": [_readable(item) for item in job.notes],
        "remarks": [Remark.from_json(item).sentence(_) for item in job.remarks],
        "preview": [_with_places(item) for item in job.preview],
        "gaps": [_gap(item) for item in job.gaps],
        "pictures": has_pictures(job),
        "importable": job.progress_total - job.rejected,
        "refusal": refusal and {"sentence": refusal.sentence(_), "advice": refusal.advice(_)},
    }


def _gap(item: dict[str, Any]) -> dict[str, Any]:
    """An image to be filled in, with words for why, and for where its other field was found."""
    gap = Gap.from_json(item)
    return {**_with_places(item), "reasons": gap.reasons(_)}


def _with_places(item: dict[str, Any]) -> dict[str, Any]:
    """A row of the preview, with words for where its fields were found."""
    places = {
        Source.ROW: _("typed in here"),
        Source.IMAGE: _("from the image"),
        Source.JSON: _("JSON file next to it"),
        Source.TEXT: _("text file next to it"),
        Source.TABLE: _("table"),
        Source.FOLDER: _("folder name"),
        Source.GIVEN: _("given for all"),
    }
    return {**item, "found_in": {name: places[key] for name, key in item["found_in"].items()}}


def _way_on(job: ImportJob) -> dict[str, Any]:
    """After a success the next step of the set-up; after a failure or a dry run what to change."""
    if kept_files().filter(pk=job.pk).exists():
        fields = mapping_fields(from_json(job.mapping)) if job.mapping else {}
        document = json.dumps(job.mapping, indent=2, ensure_ascii=False) if job.mapping else ""
        return {"repeatable": True, "document": document, **fields}
    if job.state == JobState.SUCCEEDED:
        undone = undone_steps(job.study)
        return {"next_step": in_words(job.study, undone[0]) if undone else None}
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
