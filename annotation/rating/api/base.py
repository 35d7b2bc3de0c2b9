"""What every request of the rating API goes through: authentication, JSON, errors.

A rating should cost no more than it must. The views are DRF's as far as the schema goes, and errors
go through the same handler as in every other API; of DRF's dispatch, which would take a tenth of a
rating's time, they keep only what they need (docs/decisions/027).
"""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import (
    APIException,
    MethodNotAllowed,
    ParseError,
    UnsupportedMediaType,
)
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView

from workbench.core.api import exception_handler
from workbench.core.errors import MintError

from ...raters.access import Access
from ...raters.errors import InvalidAnswerError
from .authentication import KEYWORD, RaterAuthentication

_JSON = "application/json"
_ENCODER = JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
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
        response = answer(found.data, found.status_code)
        if found.status_code == 401:
            response.headers["WWW-Authenticate"] = KEYWORD
        if found.status_code == 405:
            response.headers["Allow"] = ", ".join(self.allowed_methods)
        return response


def answer(data: Any, status: int = 200) -> HttpResponse:
    """`data` as JSON, in the same form as every other API's responses."""
    return HttpResponse(_ENCODER.encode(data), content_type=_JSON, status=status)


def body_of(request: HttpRequest) -> Mapping[str, Any]:
    """The JSON object that came with a request; an empty one if there is no body.

    Raises UnsupportedMediaType, ParseError, and InvalidAnswerError for JSON that is no object.
    """
    try:
        if not request.body:
            return {}
        if request.content_type != _JSON:
            raise UnsupportedMediaType(str(request.content_type))
        data = json.loads(request.body, parse_constant=_refuse)
    except (ValueError, RecursionError, RequestDataTooBig) as error:
        raise ParseError(f"JSON parse error - {error}") from error
    if not isinstance(data, Mapping):
        raise InvalidAnswerError("the body is not a JSON object")
    return data


def _refuse(constant: str) -> NoReturn:
    """NaN and the infinities are Python's JSON, and nobody else's (RFC 8259, section 6)."""
    raise ValueError(f"{constant} is not JSON")
