"""What every request of the rating API goes through: middleware, authentication, JSON, errors.

A rating should cost no more than it must (docs/decisions/027). Its requests skip the middlewares
that the site's pages need: they carry no cookie, so they have no use for sessions, accounts,
messages or CSRF tokens, and their answers are JSON, which has no scripts to allow. The views are
DRF's as far as the schema goes, and errors go through the same handler as in every other API; of
DRF's dispatch, which would take a tenth of a rating's time, they keep only what they need.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import translation
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import (
    APIException,
    MethodNotAllowed,
    NotAuthenticated,
    ParseError,
    UnsupportedMediaType,
)
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView

from workbench.core.api import exception_handler
from workbench.core.api_defaults import TooLarge
from workbench.core.api_problems import PROBLEM_JSON
from workbench.core.errors import MintError
from workbench.core.json_reader import JsonError, JsonLimitError, read_json

from ...raters.access import Access, rater_access
from ...raters.errors import InvalidAnswerError

#: Of the API's paths.
PREFIX = "/api/v1/rating/"
_KEYWORD = "Rater"
_JSON = "application/json"
_HEADERS = (
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Vary", "Accept-Language"),
)
_ENCODER = JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


class RatingShortcut:
    """Calls the view of a rating request itself; every other request continues as usual.

    It does what the skipped middlewares would: the host is checked, and problems are told in the
    rater's language. The middlewares above this one hold for rating requests, too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self._get_response(request)
        try:
            match = resolve(request.path_info)
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


class RaterAuthentication(BaseAuthentication):
    """Finds a rater, who has no account, by the link's token. One statement."""

    def authenticate(self, request: HttpRequest) -> tuple[None, Access]:
        """Raises NotAuthenticated without a token, LinkError for a wrong or replaced one (both are
        answered with 401) and RaterExcludedError (403)."""
        keyword, _space, token = request.headers.get("Authorization", "").partition(" ")
        if keyword.lower() != _KEYWORD.lower():
            raise NotAuthenticated
        return None, rater_access(token.strip())


class RaterScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # untyped library
    target_class = RaterAuthentication
    name = "raterToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Rater <token>`, the token of a rater's link.",
        }


_AUTHENTICATION = RaterAuthentication()


class RatingView(APIView):
    """A route of the rating API, for the rater whose token comes with the request."""

    authentication_classes = [RaterAuthentication]
    permission_classes = []
    http_method_names = ["get", "head", "post"]

    access: Access

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            _account, self.access = _AUTHENTICATION.authenticate(request)
            method = str(request.method)
            if method.lower() not in self.http_method_names or not hasattr(self, method.lower()):
                raise MethodNotAllowed(method)
            response: HttpResponse = getattr(self, method.lower())(request, *args, **kwargs)
        except (MintError, APIException) as error:
            return self._problem(error)
        return response

    def _problem(self, error: MintError | APIException) -> HttpResponse:
        found = exception_handler(error, {})
        if found is None:
            raise error
        response = answer(found.data, found.status_code, PROBLEM_JSON)
        if found.status_code == 401:
            response.headers["WWW-Authenticate"] = _KEYWORD
        if found.status_code == 405:
            response.headers["Allow"] = ", ".join(self.allowed_methods)
        return response


def answer(data: Any, status: int = 200, content_type: str = _JSON) -> HttpResponse:
    """`data` as JSON, in the same form as every other API's responses."""
    return HttpResponse(_ENCODER.encode(data), content_type=content_type, status=status)


def body_of(request: HttpRequest) -> Mapping[str, Any]:
    """The JSON object that came with a request; an empty one if there is no body.

    Raises UnsupportedMediaType, TooLarge, ParseError, and InvalidAnswerError for JSON that is no
    object or cannot be kept.
    """
    try:
        if not request.body:
            return {}
        if request.content_type != _JSON:
            raise UnsupportedMediaType(str(request.content_type))
        data = read_json(request.body)
    except RequestDataTooBig as error:
        raise TooLarge from error
    except JsonLimitError as error:
        raise InvalidAnswerError(str(error)) from error
    except JsonError as error:
        raise ParseError(f"JSON parse error - {error}") from error
    if not isinstance(data, Mapping):
        raise InvalidAnswerError("the body is not a JSON object")
    return data
