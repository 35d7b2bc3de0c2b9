"""Requests of the rating API go past the middlewares that the site's pages need.

They carry no cookie, so sessions, accounts, messages and CSRF tokens are nothing to them, and their
answers are JSON, which has no scripts to allow. What they do need is here: the host is checked, and
problems are told in the rater's language. The middlewares above this one hold for them, too.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import translation

from . import urls

#: Where `urls` is.
PREFIX = "/api/v1/rating/"
_HEADERS = (
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Vary", "Accept-Language"),
)


class RatingShortcut:
    """Calls the view of a rating request itself; every other request goes on as usual."""

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
