"""Requests to the rating API bypass the middlewares that only the site's pages need.

They carry no cookie, so sessions, accounts, messages and CSRF tokens do not apply to them, and
their responses are JSON, which has no scripts to allow. What they do need is here: the host is
checked, and errors are in the rater's language. The middlewares above this one apply to them too.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import translation

from . import urls

#: Where `urls` is mounted.
PREFIX = "/api/v1/rating/"
_HEADERS = (
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Vary", "Accept-Language"),
)


class RatingShortcut:
    """Calls the view of a rating request itself; every other request continues as usual."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self._get_response(request)
        try:
            match = resolve(request.path_info[len(PREFIX) - 1 :], urls.__name__)
        except Resolver404:
            return self._get_response(request)
        request.resolver_match = match
        request.get_host()
        language = translation.get_language_from_request(request)
        translation.activate(language)
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        for name, value in _HEADERS:
            response.headers[name] = value
        response.headers["Content-Language"] = language
        response.headers["Content-Length"] = str(len(response.content))
        return response
