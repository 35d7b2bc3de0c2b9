"""Which version a page's address asks for."""

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from annotation.models import Study

from ...models import ModelVersion

#: Of a version's number.
_DIGITS = 9


def version_asked_for(study: Study, request: HttpRequest, name: str) -> ModelVersion | None:
    """That of the query's parameter `name`; None without one. Raises Http404."""
    number = request.GET.get(name, "")
    if not number:
        return None
    if not (number.isascii() and number.isdigit() and len(number) <= _DIGITS):
        raise Http404
    versions = ModelVersion.objects.select_related("training_run")
    return get_object_or_404(versions, study=study, number=int(number))


def query_for(version: ModelVersion) -> str:
    """The query that asks for it."""
    return f"version={version.number}"
