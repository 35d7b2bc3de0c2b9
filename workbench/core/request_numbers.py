"""A number for each request: in every line of the log that it causes, in the answer's header, on
the page that says that something broke, and in the tasks that it asks for.
"""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
#: In the environment of WSGI, for the server's own log; and in the headers of a task.
KEY = "mint.request"
TASK_HEADER = "mint_request"
_FIELD = "request"
#: What no page needs: nobody's script can ask for it either.
_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope"),
        *("magnetometer", "microphone", "midi", "payment", "usb"),
    )
)


class NumberRequests:
    """The outermost middleware. A number that the client sends is not taken: it would let anybody
    write into the log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = secrets.token_hex(6)
        request.META[KEY] = number
        with structlog.contextvars.bound_contextvars(**{_FIELD: number}):
            response = self._get_response(request)
        response.headers[HEADER] = number
        response.headers["Permissions-Policy"] = _POLICY
        return response


def number_of(request: HttpRequest) -> str:
    return str(request.META.get(KEY, ""))


def current_number() -> str:
    """Of the request, or of the request that asked for the task, that this thread works on."""
    return str(structlog.contextvars.get_contextvars().get(_FIELD, ""))


def take_over(headers: Mapping[str, Any], **more: str) -> None:
    """A task begins: its lines have the number of whoever asked for it, if that was a request."""
    structlog.contextvars.clear_contextvars()
    number = headers.get(TASK_HEADER)
    structlog.contextvars.bind_contextvars(**more, **({_FIELD: str(number)} if number else {}))
