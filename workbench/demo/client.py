"""The workbench's two APIs over HTTP, as a rater's browser and an owner's script use them."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpx

from annotation.protocol.forms import ExplanationForm
from annotation.protocol.perspectives import PerspectiveSettings, parse_perspectives
from annotation.protocol.sessions import SessionState

from ..core.errors import MintError
from .raters import Answer

#: A request that got no response is sent again after so many seconds. Nothing in either API that is
#: called here does harm if done twice, except for creating studies and raters.
_PAUSES = (0.2, 1.0, 3.0)
_UNAVAILABLE = (502, 503, 504)
#: Between two tries of a claim that found every free image locked by somebody else.
_CLAIM_PAUSE = 0.1
_OVER = ("succeeded", "failed", "cancelled")

Sleep = Callable[[float], None]


class ApiError(MintError):
    """An unexpected response: its status, its code and its message."""

    def __init__(self, request: str, status: int, code: str, detail: str) -> None:
        super().__init__(f"{request} was answered {status} ({code}): {detail}")
        self.status = status
        self.code = code


class UnreachableError(MintError):
    """The web server does not answer."""

    code = "unreachable"


class JobFailedError(MintError):
    """A training or scoring run that did not succeed, or not in time."""

    code = "job_failed"


@dataclass(frozen=True)
class OfferedImage:
    """A trial in hand: what the rater is shown."""

    trial: int
    prompt: str
    url: str


@dataclass(frozen=True)
class Offer:
    """The trials in hand and the state of the session."""

    images: tuple[OfferedImage, ...]
    done: int
    total: int
    state: SessionState


@dataclass(frozen=True)
class Questions:
    """What the study asks: scales, and the form of reasons."""

    perspectives: tuple[PerspectiveSettings, ...]
    form: ExplanationForm


class Connection:
    """One person's connection. Raises ApiError and UnreachableError.

    Args:
        base_url: of the site, without a path.
        authorization: value of that header; none if a signed-in session takes its place.
        transport: what carries the requests, for tests.
    """

    def __init__(
        self,
        base_url: str,
        authorization: str = "",
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Sleep = time.sleep,
    ) -> None:
        headers = {"Authorization": authorization} if authorization else {}
        self.base_url = base_url.rstrip("/")
        self.http = httpx.Client(headers=headers, timeout=60.0, transport=transport)
        self.sleep = sleep

    def send(self, method: str, path: str, *, once: bool = False, **options: Any) -> httpx.Response:
        """The response, if it is a success; retried if none came, unless `once`."""
        pauses = () if once else _PAUSES
        for pause in (*pauses, None):
            try:
                response = self.http.request(method, urljoin(f"{self.base_url}/", path), **options)
            except httpx.TransportError as error:
                if pause is None:
                    raise UnreachableError(
                        f"{self.base_url} does not answer ({error}); see the web server's log"
                    ) from error
            else:
                if response.status_code not in _UNAVAILABLE or pause is None:
                    return _checked(response)
            self.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()


class RaterClient(Connection):
    """A rater with a link: one session after another."""

    def __init__(self, base_url: str, token: str, **options: Any) -> None:
        super().__init__(base_url, f"Rater {token}", **options)

    @classmethod
    def from_link(cls, link: str, **options: Any) -> Self:
        """For a rater's link, `https://site/rate/<token>/`."""
        parts = urlsplit(link)
        return cls(f"{parts.scheme}://{parts.netloc}", token_of(link), **options)

    def start(self, client: Mapping[str, Any] | None = None) -> Questions:
        """Consents, reads the instructions, and is ready to rate; resumes an open session.

        Raises ApiError with code `study_full` if no image is left for this rater.
        """
        body = {"consent": True, "client": dict(client or {})}
        answer = self._post("session/", body)
        if answer["session"]["state"] == SessionState.INSTRUCTIONS:
            answer = self._post("session/begin/")
        study = answer["study"]
        return Questions(
            parse_perspectives(study["perspectives"]),
            ExplanationForm.from_json(study["explanation_form"]),
        )

    def claim(self, ahead: int = 0) -> Offer:
        """The trials in hand, topped up to `1 + ahead`; empty only when all is done."""
        return self._settled(self._post("claims/", {"ahead": ahead}), ahead)

    def image(self, image: OfferedImage) -> bytes:
        """The bytes of the image that a browser would show."""
        return self.send("GET", image.url).content

    def submit(
        self,
        image: OfferedImage,
        answers: Mapping[str, Answer],
        *,
        behaviour: Mapping[str, Any] | None = None,
        displayed: float | None = None,
        language: str = "en",
        ahead: int = 0,
    ) -> Offer:
        """Sends scores, reasons and how they came about; what is next comes with the answer.

        displayed: when the image was first on the screen, by `time.monotonic`.
        """
        ago = None if displayed is None else round(1000 * (time.monotonic() - displayed))
        body = {
            "scores": {str(name): answer.score for name, answer in answers.items()},
            "explanations": {
                str(name): {"phrases": dict(answer.phrases), "text": answer.text}
                for name, answer in answers.items()
            },
            "behaviour": dict(behaviour or {}),
            "displayed_ago_ms": ago,
            "language": language,
            "ahead": ahead,
        }
        return self._settled(self._post(f"trials/{image.trial}/submit/", body), ahead)

    def _settled(self, answer: Mapping[str, Any], ahead: int) -> Offer:
        """Rating without a trial in hand: others hold all free images at the moment."""
        while not answer["trials"] and answer["state"] == SessionState.RATING:
            self.sleep(_CLAIM_PAUSE)
            answer = self._post("claims/", {"ahead": ahead})
        return _offer(answer)

    def _post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = self._call("POST", path, json=dict(body or {})).json()
        return answer

    def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.send(method, f"/api/v1/rating/{path}", **options)


class OwnerClient(Connection):
    """A study owner's script, with an API token."""

    def __init__(self, base_url: str, token: str, **options: Any) -> None:
        super().__init__(base_url, f"Token {token}", **options)

    def create_study(self, **settings: Any) -> dict[str, Any]:
        return self._json("POST", "", once=True, json=settings)

    def change_study(self, slug: str, **settings: Any) -> dict[str, Any]:
        return self._json("PATCH", f"{slug}/", json=settings)

    def create_raters(self, slug: str, count: int) -> list[dict[str, Any]]:
        """Each with `code` and `link`."""
        raters: list[dict[str, Any]] = self._call(
            "POST", f"{slug}/raters/", once=True, json={"count": count}
        ).json()
        return raters

    def listing(self, slug: str, what: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every row of a paged list: `stimuli`, `models`, `predictions`, …"""
        address = f"{slug}/{what}/"
        following: dict[str, Any] | None = {"limit": 100, **query}
        while address:
            page = self._json("GET", address, params=following)
            yield from page["results"]
            address, following = page["next"] or "", None

    def retrain(self, slug: str, *, promote: bool) -> dict[str, Any]:
        body = {"promote_when_done": promote}
        return self._json("POST", f"{slug}/training-runs/", once=True, json=body)

    def promote(self, slug: str, number: int, *, reason: str = "") -> dict[str, Any]:
        """`reason`: why, if the gate does not let it pass."""
        body = {"reason": reason}
        return self._json("POST", f"{slug}/models/{number}/promote/", once=True, json=body)

    def wait_for(
        self,
        slug: str,
        kind: str,
        pk: int,
        *,
        seconds: float,
        say: Callable[[str], None] = lambda line: None,
    ) -> dict[str, Any]:
        """The `training-runs` or `scoring-runs` job, once it succeeded; a line per step forward.

        Raises JobFailedError, with the job's own message if it has one.
        """
        deadline, shown = time.monotonic() + seconds, ""
        while True:
            job = self._json("GET", f"{slug}/{kind}/{pk}/")
            line = _progress_line(kind, job)
            if line != shown:
                say(line)
                shown = line
            if job["state"] in _OVER:
                break
            if time.monotonic() > deadline:
                raise JobFailedError(
                    f"{line} after {seconds:.0f} s; see whether a worker runs, and its log"
                )
            self.sleep(0.3)
        if job["state"] != "succeeded":
            raise JobFailedError(f"{line}: {job['error'] or 'no reason was given'}")
        return job

    @contextmanager
    def export(self, slug: str, form: str = "nested") -> Iterator[Iterator[str]]:
        """The lines of the export, as they come."""
        address = f"{self.base_url}/api/v1/studies/{slug}/export/"
        with self.http.stream("GET", address, params={"format": form}) as response:
            if response.is_error:
                response.read()
            yield _checked(response).iter_lines()

    def _json(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._call(method, path, **options).json()
        return answer

    def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.send(method, urljoin("/api/v1/studies/", path), **options)


def sign_in(base_url: str, username: str, password: str) -> str:
    """A new API token, made as its owner makes one: by signing in and asking for it."""
    with Connection(base_url) as browser:
        browser.http.follow_redirects = True
        _post_form(browser, "/accounts/login/", login=username, password=password)
        page = _post_form(
            browser, "/accounts/token/", name="script", scopes=["read", "export", "manage"]
        )
    found = re.search(r'id="secret">([^<]+)<', page)
    if found is None:
        raise ApiError("POST /accounts/token/", 200, "no_token", f"{username} cannot sign in")
    return found[1]


def _post_form(browser: Connection, path: str, **fields: str | list[str]) -> str:
    browser.send("GET", path)
    fields["csrfmiddlewaretoken"] = browser.http.cookies["csrftoken"]
    return browser.send("POST", path, once=True, data=fields).text


def quiet() -> None:
    """Keeps the HTTP library from logging every request: a crowd makes thousands."""
    logging.getLogger("httpx").setLevel(logging.WARNING)


def token_of(link: str) -> str:
    """The token in a rater's link."""
    return urlsplit(link).path.rstrip("/").rsplit("/", 1)[-1]


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    request = f"{response.request.method} {response.request.url.path}"
    try:
        body = response.json()
    except ValueError:
        body = {}
    if not isinstance(body, Mapping):
        body = {"detail": body}
    detail = str(body.get("detail") or dict(body) or response.reason_phrase)
    raise ApiError(request, response.status_code, str(body.get("code", "error")), detail)


def _offer(answer: Mapping[str, Any]) -> Offer:
    return Offer(
        _images(answer["trials"]),
        answer["progress"]["done"],
        answer["progress"]["total"],
        SessionState(answer["state"]),
    )


def _images(trials: Sequence[Mapping[str, Any]]) -> tuple[OfferedImage, ...]:
    return tuple(OfferedImage(item["id"], item["prompt"], item["image"]["url"]) for item in trials)


def _progress_line(kind: str, job: Mapping[str, Any]) -> str:
    what = {"training-runs": "training", "scoring-runs": "predicting"}[kind]
    if job["state"] in ("queued", *_OVER):
        return f"{what}: {job['state']}"
    count = f" {job['progress_done']} of {job['progress_total']}" if job["progress_total"] else ""
    return f"{what}: {job['stage'] or 'starting'}{count}"
