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
#: With these words waiting does not help.
_REFUSALS = ("password authentication failed", "does not exist", "no pg_hba.conf entry")


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
    while (problem := ask(url)) is not None:
        place = f"{name} at {_place(url)}"
        if time.monotonic() > deadline or any(words in problem for words in _REFUSALS):
            raise NotReachableError(
                f"{place} cannot be used: {problem}; start it or correct {variable}, "
                f"or unset {variable} for a private one (`make demo`)"
            )
        if not said:
            say(f"waiting up to {seconds:.0f} s for {place} ({problem})")
            said = True
        time.sleep(_STEP_SECONDS)


def _place(url: str) -> str:
    """Host, port and database; never the password."""
    parts = urlsplit(url)
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return f"{parts.hostname or '(no host)'}{port}{parts.path}"


def _ask_postgres(url: str) -> str | None:
    """What is wrong; None if nothing is."""
    if urlsplit(url).scheme not in ("postgres", "postgresql"):
        return f"{urlsplit(url).scheme or 'no scheme'} does not exist here, use postgres://"
    try:
        with psycopg.connect(url, connect_timeout=3):
            return None
    except psycopg.Error as error:
        return str(error).strip().splitlines()[0]


def _ask_redis(url: str) -> str | None:
    try:
        with redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3) as client:
            client.ping()
            return None
    except redis.AuthenticationError as error:
        return f"password authentication failed ({error})"
    except (redis.RedisError, ValueError) as error:
        return str(error)
