"""Room for raters: how much else one web process does at a time (docs/decisions/055).

Raters' requests are many and short, and always find a thread. All others share what is left. Of
those that keep a processor busy (uploads, views marked `heavy`) one works at a time, and in all
processes of a server together as many as half of its processors. Who finds no place is told so
before anything of the request's body is read.
"""

import os
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import get_template
from django.utils.translation import gettext as _

from .api import Problem, problem_details
from .api_problems import PROBLEM_JSON
from .errors import MintError
from .gates import Gate, SharedGate, Turns

log = structlog.get_logger(__name__)
V = TypeVar("V", bound=Callable[..., Any])

#: What raters ask for, and who looks after the site.
RATERS = ("/rate/", "/media/", "/health/", "/metrics", "/api/v1/rating/")
#: Bytes of a body that is an upload, whatever its form.
LARGE = 64 * 1024
#: What a form's encoding adds to what it holds.
ENCODING = 128 * 1024
#: Seconds after which a request that found no place may be sent again, as a header has it.
AGAIN = "1"
#: Threads that raters find free whatever else there is.
_RESERVED = 3
#: Heavy requests that wait for their turn, and for how many seconds at most.
_QUEUE, _PATIENCE = 3, 5.0
#: Bytes of a refused body that are taken from the proxy and dropped.
_DRAINED = 32 * 2**20
_MARK, _BODY = "mint_room", "mint_body"


class TooBigError(RequestDataTooBig):
    """By the declared length, before anything is read."""

    def __init__(self, most: int) -> None:
        super().__init__(f"the body has more than {most} bytes")
        self.most = most


class BusyError(MintError):
    """All places that requests of this kind may take in this process are taken."""

    code = "busy"
    status = 503


@dataclass(frozen=True)
class Room:
    """What a process has for others than raters: `work` is within `others`, as are `downloads`."""

    others: Gate
    work: Gate
    downloads: Gate


def room_for(threads: int, shared: int | None = None) -> Room:
    """Of a process with so many threads. `shared`: a file that the server's processes have in
    common."""
    others = max(1, threads - _RESERVED)
    if shared is None:
        work = Gate(1, _QUEUE, _PATIENCE)
    else:
        turns = Turns(shared, max(1, (os.cpu_count() or 2) // 2))
        work = SharedGate(turns, _QUEUE, _PATIENCE)
    return Room(Gate(others), work, Gate(max(1, others // 2)))


#: Of this process. Without limits until `keep_room` sets them, as a web server does.
_room: Room | None = None


def keep_room(threads: int, shared: int | None = None) -> None:
    """From now on; as in `room_for`."""
    global _room  # noqa: PLW0603 -- a process has one
    _room = room_for(threads, shared)


def heavy(view: V) -> V:
    """Marks a view that computes for longer than some tens of milliseconds."""
    setattr(view, _MARK, "work")
    return view


def streams(view: V) -> V:
    """Marks a view whose answer is streamed: it has its thread until the last byte is taken."""
    setattr(view, _MARK, "downloads")
    return view


def takes(most: int) -> Callable[[V], V]:
    """Marks a view that takes files: of so many bytes in all."""

    def mark(view: V) -> V:
        setattr(view, _BODY, most)
        return view

    return mark


def judges_bodies(view: V) -> V:
    """Marks a view that itself refuses bodies by their declared length, before it reads them."""
    setattr(view, _BODY, None)
    return view


class KeepRoom:
    """The middleware. Above whatever looks for a token in a form, which would read it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(RATERS):
            return self._get_response(request)
        with ExitStack() as places:
            request.mint_places = places  # type: ignore[attr-defined] # for process_view
            if not _enter(places, "others") or (is_upload(request) and not _enter(places, "work")):
                return busy(request)
            response = self._get_response(request)
            if response.streaming:
                _keep_until_closed(response, places.pop_all())
            return response

    def process_view(
        self, request: HttpRequest, view: object, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Raises TooBigError for a body that no such view takes."""
        most = _marked(view, _BODY, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        if most is not None and declared(request) > most + ENCODING:
            raise TooBigError(most)
        kind = _marked(view, _MARK, "")
        places = getattr(request, "mint_places", None)
        # An upload has its place already.
        if not kind or places is None or (kind == "work" and is_upload(request)):
            return None
        return None if _enter(places, kind) else busy(request)


def busy(request: HttpRequest) -> HttpResponse:
    """503, in the form of the API's problems or as a page."""
    _let_the_proxy_finish(request)
    error = BusyError(
        _("The server is busy with other uploads and downloads. Try again in a moment.")
    )
    if request.path_info.startswith("/api/"):
        data = problem_details(Problem(error, status=error.status), error.status, error.message)
        answer: HttpResponse = JsonResponse(data, status=error.status, content_type=PROBLEM_JSON)
    else:
        # Without what a page's frame asks the database for.
        asks = request.method in ("GET", "HEAD")
        page = get_template("503.html").render({"error": error, "again": AGAIN if asks else ""})
        answer = HttpResponse(page, status=error.status)
    answer.headers["Retry-After"] = AGAIN
    # Nothing is broken: Django would log an error for each.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    log.info("a request found no place", path=request.path_info)
    return answer


def declared(request: HttpRequest) -> int:
    """Bytes of the body; WSGI servers pass on no more than was declared."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdecimal() else 0


def is_upload(request: HttpRequest) -> bool:
    """Whether it takes a processor some time to receive it."""
    return request.content_type == "multipart/form-data" or declared(request) > LARGE


def _let_the_proxy_finish(request: HttpRequest) -> None:
    """A proxy that is cut off while it hands on a body tells its client of a broken server (502),
    not what we say. It has all of the body, so this takes milliseconds."""
    if settings.BEHIND_PROXY and declared(request) <= _DRAINED:
        while request.META["wsgi.input"].read(LARGE):
            pass


def _enter(places: ExitStack, kind: str) -> bool:
    if _room is None:
        return True
    gate: Gate = getattr(_room, kind)
    if not gate.enter():
        return False
    places.callback(gate.leave)
    return True


def _keep_until_closed(response: HttpResponseBase, places: ExitStack) -> None:
    """The server closes it; so does its end, should nobody have read it."""
    ended = weakref.finalize(response, places.close)
    response._resource_closers.append(ended)  # type: ignore[attr-defined] # as Django does itself


def _marked(view: object, name: str, default: Any) -> Any:
    """Of a function, or of the class whose `as_view` it is."""
    for owner in (view, getattr(view, "cls", None), getattr(view, "view_class", None)):
        if hasattr(owner, name):
            return getattr(owner, name)
    return default
