"""What a person meets whose sign-in ended while a page was open."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import reselect, reswap


class BackToThePage:
    """Signing in leads back to the page on the screen, not to what that page asked for.

    Django would lead to where a form was sent: many of these addresses take forms alone, at which
    browsers show an error of their own. And a part of a page that is asked for again would have
    the sign-in page put in its place: there it is a line with a link, and a form that could not be
    sent stays as it is below that line.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if not _asks_to_sign_in(response, request):
            return response
        if "HX-Request" in request.headers:
            return _line(request)
        if request.method == "POST":
            return _sign_in(request, "Referer")
        return response


def _asks_to_sign_in(response: HttpResponse, request: HttpRequest) -> bool:
    """Whether `login_required` answered."""
    address = urlsplit(response.headers.get("Location", ""))
    return (
        response.status_code == 302
        and address.path == resolve_url(settings.LOGIN_URL)
        and QueryDict(address.query).get(REDIRECT_FIELD_NAME) == request.get_full_path()
    )


def _line(request: HttpRequest) -> HttpResponse:
    """In place of the part, whatever its page selects of an answer; above a form."""
    address = _sign_in(request, "HX-Current-URL").url
    line = render(request, "partials/signed_out.html", {"address": address})
    if request.method == "POST":
        reswap(line, "beforebegin")
    return reselect(line, "unset")


def _sign_in(request: HttpRequest, header: str) -> HttpResponseRedirect:
    """Leads back to the page that the header names; to the first one if it is not of this site."""
    page = request.headers.get(header, "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}):
        return redirect_to_login(resolve_url("home"))
    address = urlsplit(page)
    return redirect_to_login(f"{address.path}?{address.query}" if address.query else address.path)
