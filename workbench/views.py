"""The site's own pages: home and stored images."""

from django.core.files.storage import storages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from .storage import SignedFileSystemStorage, signature_is_valid


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect("studies")


@require_safe
def media(request: HttpRequest, name: str) -> FileResponse:
    """A stored image, for holders of a signed address (local storage only)."""
    storage = storages["default"]
    if not isinstance(storage, SignedFileSystemStorage):
        raise Http404
    if not signature_is_valid(name, request.GET.get("s", "")) or not storage.exists(name):
        raise Http404
    response = FileResponse(storage.open(name))
    # The name holds the content's hash, so a copy never goes stale.
    response["Cache-Control"] = "private, max-age=7200, immutable"
    response["Content-Security-Policy"] = "default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response
