"""What all API responses have in common."""

from collections.abc import Iterable
from typing import Any

from rest_framework.exceptions import APIException
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from .errors import MintError


class Problem(APIException):
    """A MintError as an HTTP response: `{"code": …, "detail": …}`."""

    status_code = 400

    def __init__(self, error: MintError, *, status: int = 400) -> None:
        super().__init__(detail=error.message, code=error.code)
        self.status_code = status


class OneRepresentation(DefaultContentNegotiation):
    """Each address has one representation, whatever `Accept` asks for (RFC 9110, section 12.5.1).

    Exports are not JSON but their errors are; a client that asks for `text/csv` gets both.
    """

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answers a MintError that a view did not catch with status 400 (or its own `status`)."""
    if isinstance(error, MintError):
        error = Problem(error, status=getattr(error, "status", 400))
    response = drf_exception_handler(error, context)
    if response is not None and isinstance(error, APIException) and isinstance(response.data, dict):
        codes = error.get_codes()
        if isinstance(codes, str):
            response.data.setdefault("code", codes)
    return response
