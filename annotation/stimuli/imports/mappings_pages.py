"""Keeping an import's mapping for the next one, and deleting one that is kept."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from workbench.accounts.signed_in import signed_in
from workbench.core.errors import MintError

from ...models import ImportJob
from ...studies.selectors import find_study
from ..mapping.as_json import from_json
from .mapping_form import changed_mapping
from .saved import delete_mapping, save_mapping


@login_required
@require_POST
def study_mapping_keep(request: HttpRequest, slug: str, job: int) -> HttpResponse:
    """Keeps the mapping of an import, as its page was filled in, under the given name."""
    study = find_study(request.user, slug, "annotation.change_study")
    found = get_object_or_404(ImportJob, pk=job, study=study)
    filled = {name: request.POST.get(name, "") for name in request.POST}
    try:
        mapping = changed_mapping(from_json(found.mapping) if found.mapping else None, filled)
        kept = save_mapping(
            study=study,
            actor=signed_in(request),
            name=filled.get("mapping_name", ""),
            mapping=mapping,
        )
        text = _("The study keeps the mapping “%(name)s”.")
        messages.success(request, text % {"name": kept.name})
    except MintError as error:
        messages.error(request, error.message)
    return redirect("study-import-job", study.slug, found.pk)


@login_required
@require_POST
def study_mapping_delete(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.change_study")
    name = request.POST.get("name", "")
    try:
        delete_mapping(study=study, actor=signed_in(request), name=name)
        messages.success(request, _("The mapping “%(name)s” was deleted.") % {"name": name})
    except MintError as error:
        messages.error(request, error.message)
    return redirect("study-import", study.slug)
