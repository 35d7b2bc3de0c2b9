"""Browsers that rate as fast as the server answers; a process of its own.

Reads a `Load` as JSON from standard input, writes what it measured to standard output. It speaks
HTTP/1.1 over plain sockets: client and server share the machine, and what the client
spends on a request, the server cannot use.
"""

import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from io import BufferedReader
from typing import Any, Self

#: What each browser does, over and over.
CLAIMS = "claims"
RATINGS = "ratings"
PAGE = "page"


@dataclass(frozen=True)
class Load:
    """One measurement.

    `tokens`: of raters whose sessions are at rating. For `claims`, each is used once; else each
    browser rates with one of the first `browsers` until the time is up.
    """

    host: str
    port: int
    tokens: list[str]
    browsers: int
    workload: str
    warm_up: float
    seconds: float


@dataclass
class Measured:
    """Milliseconds of each request by kind, within `seconds` after the warm-up."""

    seconds: float = 0.0
    milliseconds: dict[str, list[float]] = field(default_factory=dict)
    sessions: int = 0


class RefusedError(RuntimeError):
    """A response that a rating browser does not expect."""


class Browser:
    """One keep-alive connection."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._socket, self._answers = self._connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._answers.close()
        self._socket.close()

    def send(self, token: str, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of the answer; sent again if the server had hung up."""
        request = (
            f"{method} {path} HTTP/1.1\r\nHost: {self._load.host}:{self._load.port}\r\n"
            f"Authorization: Rater {token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body
        try:
            return self._exchange(request)
        except ConnectionError:
            self.__exit__()
            self._socket, self._answers = self._connect()
            return self._exchange(request)

    def _exchange(self, request: bytes) -> tuple[int, bytes]:
        self._socket.sendall(request)
        first = self._answers.readline()
        if not first:
            raise ConnectionResetError
        length = 0
        while (line := self._answers.readline()) not in {b"\r\n", b""}:
            name, _colon, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return int(first.split(b" ", 2)[1]), self._answers.read(length)

    def _connect(self) -> tuple[socket.socket, BufferedReader]:
        line = socket.create_connection((self._load.host, self._load.port), timeout=60)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return line, line.makefile("rb")


class Stopwatch:
    """Notes how long requests take, once the warm-up is over and until the time is up."""

    def __init__(self, load: Load) -> None:
        self._lock = threading.Lock()
        self._from = time.perf_counter() + load.warm_up
        self._until = self._from + load.seconds
        self.measured = Measured(load.seconds)

    @property
    def running(self) -> bool:
        return time.perf_counter() < self._until

    def note(self, kind: str, begun: float) -> None:
        ended = time.perf_counter()
        if begun >= self._from and ended <= self._until:
            with self._lock:
                self.measured.milliseconds.setdefault(kind, []).append((ended - begun) * 1000)

    def note_session(self) -> None:
        with self._lock:
            self.measured.sessions += 1


class Rater:
    """What one browser does."""

    def __init__(self, browser: Browser, watch: Stopwatch) -> None:
        self._browser = browser
        self._watch = watch

    def claim_once_each(self, tokens: Iterable[str]) -> None:
        """A rater's first claim after another's: always one new trial."""
        for token in tokens:
            if not self._watch.running:
                return
            answer = self._timed("claim", token, "claims/", b'{"ahead":0}')
            if not answer["trials"]:
                raise RefusedError("a claim got no image; the study is too small for this load")
        raise RefusedError("all raters have claimed before the time was up; make more of them")

    def rate(self, token: str, *, with_images: bool) -> None:
        """One rating after another; a session that is over is followed by another one."""
        answer_body = self._begin(token)
        trials = self._call(token, "claims/", b'{"ahead":0}')["trials"]
        while self._watch.running:
            if not trials:
                answer_body = self._begin(token)
                trials = self._call(token, "claims/", b'{"ahead":0}')["trials"]
                continue
            begun = time.perf_counter()
            if with_images:
                self._image(token, trials[0]["image"]["url"])
            path = f"trials/{trials[0]['id']}/submit/"
            answer = self._timed("submit", token, path, answer_body)
            self._watch.note("rating", begun)
            trials = answer["trials"]

    def _begin(self, token: str) -> bytes:
        """Consent and instructions; the body of every answer to come."""
        self._watch.note_session()
        answer = self._call(token, "session/", b'{"consent":true}')
        if answer["session"]["state"] == "instructions":
            self._call(token, "session/begin/")
        return json.dumps(answer_to(answer["study"])).encode()

    def _image(self, token: str, url: str) -> None:
        begun = time.perf_counter()
        status, _data = self._browser.send(token, "GET", url)
        if status != 200:
            raise RefusedError(f"GET {url} was answered {status}")
        self._watch.note("image", begun)

    def _timed(self, kind: str, token: str, path: str, body: bytes = b"{}") -> dict[str, Any]:
        begun = time.perf_counter()
        answer = self._call(token, path, body)
        self._watch.note(kind, begun)
        return answer

    def _call(self, token: str, path: str, body: bytes = b"{}") -> dict[str, Any]:
        status, data = self._browser.send(token, "POST", f"/api/v1/rating/{path}", body)
        if status >= 300:
            raise RefusedError(f"{path} was answered {status}: {data[:300]!r}")
        answer: dict[str, Any] = json.loads(data) if data else {}
        return answer


def answer_to(study: dict[str, Any]) -> dict[str, Any]:
    """A whole answer: scores, every phrase of the form, and its free texts."""
    form = study["explanation_form"]
    explanations: dict[str, dict[str, Any]] = {
        item["key"]: {"phrases": {}, "text": ""} for item in study["perspectives"]
    }
    for item in form["fields"]:
        explanations[item["perspective"]]["phrases"][item["key"]] = 2
    for text in form["texts"]:
        explanations[text["perspective"]]["text"] = "the left hand has six fingers"
    scores = {item["key"]: item["scale"]["minimum"] for item in study["perspectives"]}
    return {
        "scores": scores,
        "explanations": explanations,
        "language": "en",
        "displayed_ago_ms": 1500,
        "ahead": 0,
    }


def run(load: Load) -> Measured:
    """All browsers at once; raises the first error of any of them."""
    watch, failures = Stopwatch(load), list[BaseException]()

    def guarded(number: int) -> None:
        try:
            with Browser(load) as browser:
                _act(load, number, Rater(browser, watch))
        except (RefusedError, OSError, ValueError) as error:
            failures.append(error)

    _all_at_once(guarded, load.browsers)
    if failures:
        raise failures[0]
    return watch.measured


def _act(load: Load, number: int, rater: Rater) -> None:
    if load.workload == CLAIMS:
        rater.claim_once_each(load.tokens[number :: load.browsers])
    else:
        rater.rate(load.tokens[number], with_images=load.workload == PAGE)


def _all_at_once(act: Callable[[int], None], number: int) -> None:
    threads = [threading.Thread(target=act, args=[one]) for one in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    json.dump(asdict(run(Load(**json.load(sys.stdin)))), sys.stdout)
