"""Requests that no page can mean: refused before they reach one."""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.common import CommonMiddleware
from django.urls import is_valid_path
from django.utils.translation import gettext as _

from .errors import MintError

_API = "/api/"
_FORM = "application/x-www-form-urlencoded"


class RefuseNul:
    """NUL in an address, a query or a form: no text in the database can hold or equal it.

    404 in a path, which can name nothing then; else 400. JSON has a reader of its own.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info:
            raise Http404
        if "%00" in request.META.get("QUERY_STRING", "") and _has_nul(request.GET.lists()):
            raise BadRequest("the query holds a NUL character")
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """By then it is known that the body is a form whose size is within the limits."""
        if request.content_type == _FORM and _has_nul(request.POST.lists()):
            raise BadRequest("the form holds a NUL character")


class NoSlashError(MintError):
    """An address of the API that does not end with a slash, and what was sent is to change
    something."""

    code = "no_slash"
    status = 404

    def __init__(self) -> None:
        super().__init__(_("Addresses end with a slash: add it, and send the request again."))


def lacks_slash(request: HttpRequest) -> bool:
    """Whether the address would lead somewhere with a slash at its end."""
    path = request.path_info
    return not path.endswith("/") and bool(is_valid_path(f"{path}/"))


class RedirectToSlash(CommonMiddleware):
    """Django's; but what changes something below /api/ is not redirected: clients would send it
    again as a GET, and take the list that they get for what they made."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        changes = request.method not in ("GET", "HEAD")
        if changes and request.path_info.startswith(_API):
            return False
        return super().should_redirect_with_slash(request)


def _has_nul(fields: Iterable[tuple[str, list[Any]]]) -> bool:
    return any("\0" in text for name, values in fields for text in (name, *values))
