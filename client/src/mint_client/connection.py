"""Requests to one server: retried without doing anything twice, and lists page by page."""

import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from .errors import ApiError, UnreachableError, error_of

#: Seconds before each further try of a request that may be sent again.
_PAUSES = (0.5, 2.0, 5.0)
#: A wait that the server asks for is obeyed up to this; a longer one is the caller's to decide.
_LONGEST_WAIT = 60.0
#: A PATCH has no key that tells the server that it has come before, and a DELETE that has come
#: before finds nothing.
_SENT_AGAIN = ("GET", "POST", "PUT")
_PASSING = (429, 502, 503, 504)
_IN_USE = "idempotency_key_in_use"
_MOST_ROWS = 1000
_API = "/api/v1"


class Connection:
    """Sends requests with a token. Paths are those below `/api/v1/`.

    Args:
        url: of the server, with or without a path; `/api/v1/` comes after it unless it is there.
        token: from the page *API tokens*.
        timeout: seconds to connect, and between two parts of an answer.
        transport: what carries the requests, if not the network.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(
            base_url=_base(url),
            # Read from a file, it ends with a line's end.
            headers={"Authorization": f"Token {token.strip()}"},
            timeout=timeout,
            transport=transport,
        )

    def close(self) -> None:
        self._http.close()

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The response to a request, if it is a success; `options`: of httpx (`json`, `params`,
        `data`, `files`, `headers`).

        A POST has an Idempotency-Key, so that the server does it once however often it arrives.
        Raises ApiError and UnreachableError.
        """
        keyed = {"Idempotency-Key": str(uuid.uuid4())} if method == "POST" else {}
        headers = {**keyed, **options.pop("headers", {})}
        pauses = _PAUSES if method in _SENT_AGAIN else ()
        for pause in pauses:
            try:
                response = self._http.request(method, _ended(path), headers=headers, **options)
            except httpx.LocalProtocolError:
                # Nothing was sent, nor will be.
                break
            except httpx.TransportError:
                time.sleep(pause)
                continue
            wait = _wait_of(response, pause)
            if wait is None:
                return checked(response)
            time.sleep(wait)
        return self._send_once(method, path, headers=headers, **options)

    def read(self, path: str, **params: Any) -> Any:
        """What the server answers to a GET, of JSON."""
        return self.send("GET", path, params=params).json()

    def each(self, path: str, **params: Any) -> Iterator[Any]:
        """The rows of a list, of JSON, page by page; `params`: filters, `order`, `fields`."""
        params = {"limit": _MOST_ROWS, **params}
        while True:
            page = self.read(path, **params)
            yield from page["results"]
            if page["next"] is None:
                return
            # The address is not followed: behind a proxy it may be another one than was asked.
            params["cursor"] = parse_qs(urlsplit(page["next"]).query)["cursor"][0]

    @contextmanager
    def stream(
        self, path: str, *, headers: Mapping[str, str] | None = None, **params: Any
    ) -> Iterator[httpx.Response]:
        """A file while it comes; also from another server, which is not told the token. Raises
        ApiError; and httpx.TransportError if it breaks off."""
        with self._http.stream(
            "GET", path, params=params, headers=headers, follow_redirects=True
        ) as response:
            if response.is_error:
                response.read()
            yield checked(response)

    def _send_once(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return checked(self._http.request(method, _ended(path), **options))
        except httpx.TransportError as error:
            raise UnreachableError(f"{self._http.base_url} does not answer: {error}") from error


def _base(url: str) -> str:
    """Raises ValueError for what is no address."""
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"{url!r} is no server's address: begin it with https://")
    whole = url.rstrip("/")
    return f"{whole if whole.endswith(_API) else whole + _API}/"


def _ended(path: str) -> str:
    """With the slash that addresses end with, unless they are a file's."""
    return path if path.endswith("/") or "." in path.rpartition("/")[2] else f"{path}/"


def checked(response: httpx.Response) -> httpx.Response:
    """The response, if it is a success. Raises ApiError; UnreachableError if it is no answer of the
    API, such as a redirect to another site."""
    if response.is_success:
        return response
    request = f"{response.request.method} {response.request.url.path}"
    if not response.is_error:
        raise UnreachableError(f"{request} leads to {response.headers.get('Location', 'nowhere')}")
    raise _error(response, request)


def _error(response: httpx.Response, request: str) -> ApiError:
    return error_of(request, response.status_code, _problem(response))


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    """What the server says is wrong; nothing if it is a proxy that answers, in HTML."""
    if "json" not in response.headers.get("Content-Type", ""):
        return {"title": response.reason_phrase}
    try:
        found = response.json()
    except ValueError:
        return {"title": response.reason_phrase}
    return found if isinstance(found, dict) else {}


def _wait_of(response: httpx.Response, pause: float) -> float | None:
    """Seconds to wait before the request is sent again; None if the response stands."""
    if response.status_code in _PASSING:
        return _asked_wait(response, pause)
    if response.status_code == 409 and _problem(response).get("code") == _IN_USE:
        return pause
    return None


def _asked_wait(response: httpx.Response, pause: float) -> float | None:
    asked = response.headers.get("Retry-After", "")
    if asked.isdecimal():
        return float(asked) if float(asked) <= _LONGEST_WAIT else None
    # An hour's limit has no such header, and is not over in a few seconds.
    return None if response.status_code == 429 else pause
