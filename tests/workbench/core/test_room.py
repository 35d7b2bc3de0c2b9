"""Raters find a thread and a processor whatever others ask for: who is let in is counted by
holding requests up, not by the clock."""

import gc
import io
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.urls import get_resolver

from annotation.models import Study
from tests.factories import png
from workbench.accounts.models import User
from workbench.core import room
from workbench.core.gates import Gate, SharedGate, Turns
from workbench.core.room import (
    KeepRoom,
    TooBigError,
    heavy,
    room_for,
    streams,
    takes,
)

ROOT = Path(__file__).parents[3]

THREADS = 8
RATERS = ("/api/v1/rating/claims/", "/rate/r7.1.x/", "/media/a.png", "/health/live", "/metrics")


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> room.Room:
    """The process is one of a web server's with eight threads; nobody waits for a turn."""
    made = room_for(THREADS)
    made.work.patience = 0.0
    monkeypatch.setattr(room, "_room", made)
    return made


class Held:
    """A view that every request stays in until all are let go."""

    def __init__(self) -> None:
        self.inside, self.over = threading.Semaphore(0), threading.Event()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.inside.release()
        assert self.over.wait(30)
        return HttpResponse("done")


@contextmanager
def held(requests: list[HttpRequest]) -> Iterator[tuple[KeepRoom, list[Future[Any]]]]:
    """So many requests are in the view, all of them, while the block runs."""
    view = Held()
    middleware = KeepRoom(view)
    with ThreadPoolExecutor(len(requests)) as server:
        answers = [server.submit(middleware, request) for request in requests]
        for _request in requests:
            assert view.inside.acquire(timeout=30)
        try:
            yield KeepRoom(lambda request: HttpResponse("at once")), answers
        finally:
            view.over.set()


def page(path: str = "/studies/") -> HttpRequest:
    return RequestFactory().get(path)


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


class Unreadable(io.BytesIO):
    """A body that must not be received."""

    def read(self, *args: Any) -> bytes:
        raise AssertionError("the body is read")


def upload(path: str = "/api/v1/studies/demo/assessments/", size: int = 1000) -> HttpRequest:
    request = RequestFactory().post(path, {"image": SimpleUploadedFile("a.png", b"x" * 10)})
    request.META["CONTENT_LENGTH"] = str(size)
    request._stream = Unreadable()  # where Django reads from
    return request


def test_others_leave_three_threads_to_raters(limited: room.Room) -> None:
    with held([page() for _ in range(THREADS - 3)]) as (next_one, answers):
        for path in RATERS:
            assert next_one(page(path)).status_code == HTTPStatus.OK
        refused = next_one(page())
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert "Try again in a moment" in text_of(refused)
        # A page that was asked for comes by itself; a form is not sent again.
        again = "busy.js"
        assert again in text_of(refused)
        assert again not in text_of(next_one(RequestFactory().post("/studies/new/")))
    assert [answer.result().status_code for answer in answers] == [200] * 5
    assert limited.others.inside == 0


def test_one_upload_works_at_a_time_and_the_rest_is_not_received(limited: room.Room) -> None:
    with held([upload()]) as (next_one, _answers):
        refused = [next_one(upload()) for _ in range(27)]
        assert {answer.status_code for answer in refused} == {503}
        assert '"code": "busy"' in text_of(refused[0])
        assert refused[0].headers["Content-Type"] == "application/problem+json"
        assert next_one(page()).status_code == HTTPStatus.OK
    assert (limited.work.inside, limited.others.inside) == (0, 0)


def test_a_few_wait_for_their_turn(limited: room.Room) -> None:
    limited.work.patience = 30.0
    gate, entered = limited.work, []
    assert gate.enter()
    with ThreadPoolExecutor(3) as waiting:
        turns = [waiting.submit(lambda: entered.append(gate.enter())) for _ in range(3)]
        while gate.waiting < 3:
            pass
        assert not gate.enter()  # a fourth does not even wait
        for _turn in turns:
            gate.leave()
    assert entered == [True, True, True]


def test_a_gate_gives_up_after_its_patience() -> None:
    gate = Gate(1, queue=1, patience=0.0)
    assert gate.enter()
    assert not gate.enter()
    assert gate.waiting == 0


def test_processes_take_turns_and_lose_theirs_with_their_end(tmp_path: Path) -> None:
    """Two processes and one turn: the second has it once the first was killed."""
    file = tmp_path / "turns"
    file.touch()
    command = (
        "import sys, time; from workbench.core.gates import Turns\n"
        "with open(sys.argv[1], 'r+') as file:\n"
        "    print(Turns(file.fileno(), 1).take(0.0), flush=True); time.sleep(60)"
    )
    arguments = [sys.executable, "-c", command, str(file)]
    with file.open("r+") as shared:
        turns = Turns(shared.fileno(), 1)
        with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == "True\n"
            assert not turns.take(0.0)
            assert Turns(shared.fileno(), 2).take(0.0)
            gate = SharedGate(turns, 0, 0.0)
            assert not gate.enter()
            assert gate.inside == 0
            other.kill()
        assert gate.enter()
        gate.leave()
        assert turns.take(0.0)


def called(middleware: KeepRoom, view: Callable[..., Any], request: HttpRequest) -> Any:
    """As Django does: what a middleware answers for a view, else the view's own answer."""
    return middleware.process_view(request, view, (), {}) or view(request)


def test_views_that_compute_take_turns_with_uploads(limited: room.Room) -> None:
    @heavy
    def computes(request: HttpRequest) -> HttpResponse:
        return HttpResponse("computed")

    middleware = KeepRoom(lambda request: called(middleware, computes, request))
    assert middleware(page()).status_code == HTTPStatus.OK
    with held([upload()]):
        assert middleware(page()).status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert middleware(page()).status_code == HTTPStatus.OK


@pytest.mark.django_db  # closing an answer looks after connections
@pytest.mark.parametrize("end", ["closed", "forgotten"])
def test_a_streamed_answer_has_its_place_until_it_ends(limited: room.Room, end: str) -> None:
    @streams
    def exports(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(iter([b"a"]))

    middleware = KeepRoom(lambda request: called(middleware, exports, request))
    answers = [middleware(page()), middleware(page())]
    assert (limited.downloads.inside, limited.others.inside) == (2, 2)
    assert middleware(page()).status_code == HTTPStatus.SERVICE_UNAVAILABLE
    if end == "closed":
        answers[0].close()
        answers[0].close()
    else:
        del answers[0]
        gc.collect()
    assert (limited.downloads.inside, limited.others.inside) == (1, 1)


def test_a_body_that_no_view_takes_is_not_received() -> None:
    @takes(10**7)
    def files(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    middleware = KeepRoom(lambda request: HttpResponse())
    assert middleware.process_view(upload(size=10**7), files, (), {}) is None
    for view, size in ((files, 2 * 10**7), (lambda request: HttpResponse(), 10**7)):
        with pytest.raises(TooBigError):
            middleware.process_view(upload(size=size), view, (), {})


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/studies/demo/settings/", "/api/v1/studies/"])
def test_pages_and_the_api_say_that_a_body_is_too_large(
    client: Client, owner: User, study: Study, path: str
) -> None:
    client.force_login(owner)
    answer = client.post(path, {"a": SimpleUploadedFile("a", b"x" * 3 * 2**20)})
    assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


@pytest.mark.django_db
def test_of_28_uploads_at_once_one_is_worked_on(
    client: Client, owner: User, study: Study, limited: room.Room
) -> None:
    """Through all middlewares: the one that has its turn is held while it is received."""
    client.force_login(owner)
    assert limited.work.enter()
    address = f"/api/v1/studies/{study.slug}/assessments/"

    def image() -> dict[str, Any]:
        return {"image": SimpleUploadedFile("a.png", png(1)), "prompt": "a"}

    answers = [client.post(address, image()) for _ in range(27)]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(503, "busy")}
    limited.work.leave()
    # The study has no model: it gets as far as to be told so.
    assert client.post(address, image()).json()["code"] == "no_model"


def test_views_that_stream_or_compute_are_marked() -> None:
    """A new export or page of plots is not forgotten: by what its address says."""
    marks = {str(pattern.name): pattern.callback for pattern in _patterns(get_resolver())}
    for name in ("api-export", "study-export-file", "api-dataset-archive"):
        assert room._marked(marks[name], room._MARK, "") == "downloads"
    for name in ("study-plot", "study-results", "study-results-agreement", "api-agreement"):
        assert room._marked(marks[name], room._MARK, "") == "work"


def _patterns(resolver: Any) -> Iterator[Any]:
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from _patterns(pattern)
        else:
            yield pattern
