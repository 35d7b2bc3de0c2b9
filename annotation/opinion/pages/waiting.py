"""What stands in place of a page that rests on live scores while the first of them are made."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django_htmx.http import HttpResponseClientRefresh

from ...studies.selectors import find_study
from ..numbering import ReleaseBusyError
from ..progress import progress_of
from ..releases import stored_live

View = Callable[..., HttpResponseBase]

#: The part of the page that looks again.
_PART = "being-made"


def waits_for_scores(tab: str, part: str = "", *, status: int = 200) -> Callable[[View], View]:
    """Instead of a study's page whose scores are not made yet: that they are, and how far; the
    page looks again by itself.

    The view has asked for the right to see the study before it asks for scores. `tab`, `part`: of
    the navigation. `status`: 503 for a file, which is not taken for the page then.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def waiting(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponseBase:
            if _looks_again(request, slug):
                return HttpResponseClientRefresh()
            try:
                return view(request, slug, **kwargs)
            except ReleaseBusyError:
                return _being_made(request, slug, {"tab": tab, "part": part}, status)

        return waiting

    return decorate


def _looks_again(request: HttpRequest, slug: str) -> bool:
    """Whether it is the waiting page that asks, and for no more than to be loaded again."""
    if request.headers.get("HX-Trigger") != _PART:
        return False
    return stored_live(find_study(request.user, slug, "annotation.view_study")) is not None


def _being_made(
    request: HttpRequest, slug: str, place: dict[str, Any], status: int
) -> HttpResponseBase:
    study = find_study(request.user, slug, "annotation.view_study")
    context = {"study": study, "element": _PART, "progress": progress_of(study), **place}
    return render(request, "annotation/scores_being_made.html", context, status=status)
