"""The documentation next to the console: as `make docs` built it, or where DOCS_URL says it is."""

from pathlib import Path

from csp.decorators import csp_update
from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.static import serve

#: What a page of the console shows (`tab` or `section`) → the page of docs/ about it.
PAGES = {
    "overview": "first-study",
    "stimuli": "importing",
    "import": "importing",
    "results": "opinion-scores",
    "raters": "rating",
    "model": "models",
    "export": "exporting",
    "settings": "rating",
    "people": "people",
    "tokens": "people",
    "activity": "people",
    "system": "deployment",
}


def help_address(shown: str) -> str:
    """Of the page about what is `shown`, else of the first one; empty if there is no site."""
    page = f"{PAGES.get(shown, 'index')}.html"
    if settings.DOCS_URL:
        return f"{settings.DOCS_URL.rstrip('/')}/{page}"
    built = (Path(settings.DOCS_ROOT) / page).is_file()
    return reverse("docs", args=[page]) if built else ""


# The theme's own small scripts stand in its pages, and nothing that people wrote does.
@csp_update({"script-src": ["'unsafe-inline'"], "style-src": ["'unsafe-inline'"]})
@require_safe
def docs(request: HttpRequest, path: str = "index.html") -> HttpResponseBase:
    """A file of the built documentation, which is for everybody."""
    if not Path(settings.DOCS_ROOT).is_dir():
        raise Http404
    try:
        return serve(request, path, document_root=str(settings.DOCS_ROOT))
    except SuspiciousFileOperation as error:
        raise Http404 from error
