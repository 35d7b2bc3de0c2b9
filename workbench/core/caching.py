"""The cache: Redis, and while it is away the memory of each process.

What stands in the cache is a count or a shortcut, so that nobody needs to be refused, or to wait,
because Redis is gone: limits are then counted by each process for itself.
"""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)
T = TypeVar("T")

#: After a failure Redis is not asked for so long: a page asks several times.
AWAY_SECONDS = 5.0
#: An answer takes less than a millisecond. A connection that broke is made again once; one that
#: is silent is not waited for a second time.
_PATIENCE = {
    "socket_timeout": 1.0,
    "socket_connect_timeout": 1.0,
    "retry": Retry(NoBackoff(), 1, supported_errors=(exceptions.ConnectionError,)),
}
#: For each Redis, when to ask it again, by `time.monotonic`. Django makes a cache for each thread.
_away_until: dict[str, float] = {}


class RedisOrMemory(BaseCache):
    """Django's Redis cache, with a memory of this process to fall back on."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._server = server
        self._redis = RedisCache(server, {**params, "OPTIONS": _PATIENCE})
        self._memory = LocMemCache(server, {**params, "OPTIONS": {"MAX_ENTRIES": 10_000}})

    def add(
        self,
        key: str,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        return self._ask(lambda cache: cache.add(key, value, timeout, version))

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._ask(lambda cache: cache.get(key, default, version))

    def set(
        self,
        key: str,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> None:
        self._ask(lambda cache: cache.set(key, value, timeout, version))

    def touch(
        self, key: str, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        return self._ask(lambda cache: cache.touch(key, timeout, version))

    def delete(self, key: str, version: int | None = None) -> bool:
        return self._ask(lambda cache: cache.delete(key, version))

    def has_key(self, key: str, version: int | None = None) -> bool:
        return self._ask(lambda cache: cache.has_key(key, version))

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Raises ValueError if there is no such key, also if it was counted where we cannot ask."""
        return self._ask(lambda cache: cache.incr(key, delta, version))

    def clear(self) -> None:
        self._memory.clear()
        self._ask(lambda cache: cache.clear())

    def _ask(self, act: Callable[[BaseCache], T]) -> T:
        if time.monotonic() >= _away_until.get(self._server, 0.0):
            try:
                return act(self._redis)
            except exceptions.RedisError as error:
                _away_until[self._server] = time.monotonic() + AWAY_SECONDS
                log.warning("Redis is away; each process counts for itself", error=str(error))
        return act(self._memory)
