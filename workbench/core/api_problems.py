"""The API's documentation says which problems an operation may answer with, by its kind."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from .api_examples import Schema

PROBLEM_JSON = "application/problem+json"
_RATING = "/api/v1/rating/"
_NAME = "Problem"
_MEANINGS = {
    400: ("invalid", "title: This field is required."),
    401: ("not_authenticated", "Authentication credentials were not provided."),
    403: ("permission_denied", "Your role in this study does not allow this."),
    404: ("not_found", "Not found."),
    409: ("status_invalid", "It does not allow that as it is now."),
    412: ("changed", "It has changed since you read it."),
    413: ("too_large", "The request is larger than 2048 KiB."),
    415: ("unsupported_media_type", "Unsupported media type “text/plain” in request."),
    422: ("idempotency_key_reused", "This Idempotency-Key came with another request."),
    429: ("throttled", "Request was throttled. Expected available in 30 seconds."),
    500: ("error", "A server error occurred."),
    503: ("busy", "It is being computed. Try again later."),
    507: ("disk_full", "The server’s disk is full."),
}
_BY_METHOD: dict[str, tuple[int, ...]] = {
    "post": (409, 413, 429),
    "put": (409, 412, 413),
    "patch": (409, 412, 413),
    "delete": (409,),
}
_SHAPE: Schema = {
    "type": "object",
    "description": "RFC 9457. `code` tells problems of one status apart; `errors`, of what is "
    "`invalid`, says what is wrong with which field.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": True},
    },
}


def add_problems(result: Schema, **_rest: Any) -> Schema:
    """A postprocessing hook of drf-spectacular."""
    parts = result.setdefault("components", {})
    parts.setdefault("schemas", {})[_NAME] = _SHAPE
    parts["responses"] = {_name(status): _response(status) for status in _MEANINGS}
    for path, methods in result["paths"].items():
        for method, operation in methods.items():
            for status in _statuses(path, method, operation):
                link = {"$ref": f"#/components/responses/{_name(status)}"}
                operation["responses"].setdefault(str(status), link)
            if any(item.get("name") == "If-None-Match" for item in operation.get("parameters", ())):
                operation["responses"].setdefault("304", {"description": "Not Modified"})
    return result


def _statuses(path: str, method: str, operation: Schema) -> Iterator[int]:
    yield from (400, 500, 503)
    # An administrator's page of documentation asks for no account.
    if any(operation.get("security", ())):
        yield from (401, 403)
    pages = any(item.get("name") == "cursor" for item in operation.get("parameters", ()))
    if "{" in path or pages or path.startswith(_RATING):
        yield 404
    # What a rater may do depends on their session, which may be over.
    if path.startswith(_RATING):
        yield 409
    yield from _BY_METHOD.get(method, ())
    # How many an account may begin in an hour is limited.
    if path.endswith("/export/"):
        yield 429
    if "requestBody" in operation:
        yield 415
        if "multipart/form-data" in operation["requestBody"]["content"]:
            yield 507
    if method == "post" and not path.startswith(_RATING):
        yield 422


def _response(status: int) -> Schema:
    code, detail = _MEANINGS[status]
    title = HTTPStatus(status).phrase
    example = {"title": title, "status": status, "detail": detail, "code": code}
    media = {
        "schema": {"$ref": f"#/components/schemas/{_NAME}"},
        "example": {"type": "about:blank", **example},
    }
    return {"description": title, "content": {PROBLEM_JSON: media}}


def _name(status: int) -> str:
    return HTTPStatus(status).phrase.replace(" ", "")
