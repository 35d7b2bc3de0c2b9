"""What is answered when there is no page: HTML for people, JSON below `/api/`."""

import sys

from django.core.exceptions import RequestDataTooBig
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseServerError,
    JsonResponse,
)
from django.shortcuts import render
from django.template.loader import get_template
from django.views import defaults
from rest_framework.exceptions import APIException

from .core.api import exception_handler
from .core.api_problems import PROBLEM_JSON
from .core.request_numbers import number_of
from .core.requests import NoSlashError, lacks_slash
from .core.uploads import UploadNotKeptError


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, and 413 for a body that is too large."""
    if _is_api(request):
        return _told(exception)
    response = defaults.bad_request(request, exception)
    if isinstance(exception, RequestDataTooBig):
        response.status_code = 413
    return response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_api(request):
        return defaults.page_not_found(request, exception)
    return _told(NoSlashError() if lacks_slash(request) else Http404())


def server_error(request: HttpRequest) -> HttpResponse:
    """The cause is for the log alone, unless it is a disk that has no room for an upload."""
    error = sys.exc_info()[1]
    if isinstance(error, UploadNotKeptError):
        if _is_api(request):
            return _told(error)
        return render(request, "507.html", {"error": error}, status=507)
    if _is_api(request):
        return _told(APIException())
    # Without context processors: one of them may be what broke.
    page = get_template("500.html").render({"number": number_of(request)})
    return HttpResponseServerError(page)


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def _told(error: Exception) -> JsonResponse:
    """In the form in which the API's own views tell problems."""
    response = exception_handler(error, {})
    if response is None:
        raise error
    return JsonResponse(response.data, status=response.status_code, content_type=PROBLEM_JSON)
