"""What all API responses and requests have in common."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import APIException, ErrorDetail, NotFound, ParseError
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler as drf_exception_handler

from .api_defaults import TooLarge
from .api_problems import PROBLEM_JSON
from .errors import MintError
from .json_types import wrong_type
from .server_folders import without_folders

#: Problems with fields that `detail` names; `errors` has them all.
_MOST_SAID = 5


class Problem(APIException):
    """A MintError as an HTTP response."""

    status_code = 400

    def __init__(self, error: MintError, *, status: int = 400) -> None:
        super().__init__(detail=error.message, code=error.code)
        self.status_code = status


class RuleError(APIException):
    """Fields that are right by themselves, but not together or not in this study: what a schema
    cannot say, so the problem's code is not `invalid`."""

    status_code = 400

    def __init__(self, problems: Mapping[str, str]) -> None:
        """`problems`: what is wrong, by field."""
        super().__init__(code="rule")
        self.detail = {name: [ErrorDetail(text, code="rule")] for name, text in problems.items()}


class ExactSerializer(serializers.Serializer[Any]):
    """Refuses fields that do not exist or cannot be set, where others ignore them: a client that
    sent one would believe that it was taken. In JSON it refuses values of another type too."""

    def to_internal_value(self, data: Any) -> Any:
        """Raises ValidationError that names them."""
        if isinstance(data, Mapping):
            told = {name: self._why_not(name, value, data) for name, value in data.items()}
            problems = {name: [problem] for name, problem in told.items() if problem}
            if problems:
                raise serializers.ValidationError(problems)
        return super().to_internal_value(data)

    def _why_not(self, name: str, value: Any, data: Any) -> str | None:
        field = self.fields.get(name)
        if field is None:
            return _("There is no such field.")
        if field.read_only:
            return _("This cannot be set.")
        # In a form all is text.
        return None if isinstance(data, QueryDict) else wrong_type(field, value)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answers a MintError that a view did not catch with status 400 (or its own `status`), and
    what Django has pages for in the same form: problem details (RFC 9457)."""
    error = _as_api_exception(error)
    response = drf_exception_handler(error, context)
    if response is not None:
        response.data = problem_details(error, response.status_code, response.data)
        response.content_type = PROBLEM_JSON
    return response


def problem_details(error: Exception, status: int, told: Any) -> dict[str, Any]:
    """What RFC 9457 asks for, `code`, which tells problems of one status apart, and `errors`: what
    is wrong with which field.

    There is no page for each problem, so `type` is `about:blank`. `told`: as the REST framework
    says it.
    """
    codes = error.get_codes() if isinstance(error, APIException) else "error"
    details = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if isinstance(codes, str) and isinstance(told, dict):
        return {**details, **told, "code": codes}
    if isinstance(codes, str):
        return {**details, "detail": str(told), "code": codes}
    errors = told if isinstance(told, dict) else {api_settings.NON_FIELD_ERRORS_KEY: told}
    said = list(islice(sentences(errors), _MOST_SAID))
    known_before = set(sentences(codes)) <= {f"{name}: unique" for name in errors}
    code = "rule" if isinstance(error, RuleError) or known_before else "invalid"
    return {**details, "detail": " ".join(said), "code": code, "errors": errors}


def sentences(errors: Any, place: str = "") -> Iterator[str]:
    """What is wrong, each with the field that it is about."""
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            apart = str(name) == api_settings.NON_FIELD_ERRORS_KEY
            yield from sentences(inner, place if apart else f"{place}{name}: ")
    elif isinstance(errors, list):
        for inner in errors:
            yield from sentences(inner, place)
    else:
        yield f"{place}{errors}"


def _as_api_exception(error: Exception) -> Exception:
    if isinstance(error, MintError):
        told = MintError(without_folders(error.message))
        told.code = error.code
        return Problem(told, status=getattr(error, "status", 400))
    if isinstance(error, RequestDataTooBig):
        return TooLarge(getattr(error, "most", None))
    if isinstance(error, SuspiciousOperation | BadRequest | MultiPartParserError):
        return ParseError(_("The request cannot be read."))
    return NotFound() if isinstance(error, Http404) else error
