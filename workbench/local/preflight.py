"""Wait for PostgreSQL and Redis that somebody else runs, and say what is missing."""

import time
from collections.abc import Callable
from urllib.parse import urlsplit

import psycopg
import redis

from .errors import LocalServerError
from .services import ServiceUrls

WAIT_SECONDS = 60.0
_STEP_SECONDS = 1.0
#: With these words of PostgreSQL, waiting does not help.
_REFUSALS = ("password authentication failed", "does not exist", "no pg_hba.conf entry")


class _RefusedError(Exception):
    """The server, or its driver, will give the same answer to the same address."""


class NotReachableError(LocalServerError):
    """A server that the environment names does not answer."""


def wait_for(
    urls: ServiceUrls, say: Callable[[str], None], *, seconds: float = WAIT_SECONDS
) -> None:
    """Return when both servers answer.

    Raises:
        NotReachableError: not within `seconds`, or the server refuses us.
    """
    _wait("PostgreSQL", "DATABASE_URL", urls.database_url, _ask_postgres, say, seconds)
    _wait("Redis", "REDIS_URL", urls.redis_url, _ask_redis, say, seconds)


def _wait(
    name: str,
    variable: str,
    url: str,
    ask: Callable[[str], str | None],
    say: Callable[[str], None],
    seconds: float,
) -> None:
    deadline = time.monotonic() + seconds
    said = False
    while (problem := _ask(ask, url)) is not None:
        place = f"{name} at {_place(url)}"
        if isinstance(problem, _RefusedError) or time.monotonic() > deadline:
            raise NotReachableError(
                f"{place} cannot be used: {problem}; start it or correct {variable}, "
                f"or unset {variable} for a private one (`make demo`)"
            )
        if not said:
            say(f"waiting up to {seconds:.0f} s for {place} ({problem})")
            said = True
        time.sleep(_STEP_SECONDS)


def _ask(ask: Callable[[str], str | None], url: str) -> str | _RefusedError | None:
    try:
        return ask(url)
    except _RefusedError as refused:
        return refused


def _place(url: str) -> str:
    """Host, port and database; never the password, nor a text that may hide one."""
    if not _reads_as_address(url):
        return "(not an address)"
    parts = urlsplit(url)
    return f"{parts.hostname or '(no host)'}:{parts.port or '(usual port)'}{parts.path}"


def _reads_as_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port  # raises if it is not a number
        return bool(parts.scheme and (parts.netloc or parts.path)) and port != 0
    except ValueError:
        return False


def _require_scheme(url: str, *schemes: str) -> None:
    """Before a driver sees it: drivers quote a wrong address in full, password and all."""
    if not _reads_as_address(url) or urlsplit(url).scheme not in schemes:
        raise _RefusedError(f"it must look like {schemes[0]}://user:password@host:port/name")


def _ask_postgres(url: str) -> str | None:
    """What is wrong; None if nothing is."""
    _require_scheme(url, "postgres", "postgresql")
    try:
        with psycopg.connect(url, connect_timeout=3):
            return None
    except psycopg.ProgrammingError as error:
        raise _RefusedError("its address cannot be read") from error
    except psycopg.Error as error:
        problem = str(error).strip().splitlines()[0]
        if any(words in problem for words in _REFUSALS):
            raise _RefusedError(problem) from error
        return problem


def _ask_redis(url: str) -> str | None:
    _require_scheme(url, "redis", "rediss")
    try:
        with redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3) as client:
            client.ping()
            return None
    except redis.AuthenticationError as error:
        raise _RefusedError(f"password authentication failed ({error})") from error
    except ValueError as error:
        raise _RefusedError("its address cannot be read") from error
    except redis.RedisError as error:
        return str(error)
