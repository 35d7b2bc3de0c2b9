"""What is computed of all answers: its readers wait if that is quick; else a worker computes it
again and they get what is there."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import redis.exceptions
from django.core.cache import cache
from django.db import connection

from workbench.core.jobs.queue import enqueue

#: What took less is computed while its reader waits.
QUICK_SECONDS = 0.5
#: A result is forgotten after so long, though its stamp says that it is of now.
_KEPT_SECONDS = 24 * 60 * 60

Result = TypeVar("Result")


def ask_worker(task: str, *arguments: int | str, seconds: int) -> None:
    """Requests the task for a study, at most once per so many seconds, whoever asks.

    task: by name, because it imports those who ask for it; the first argument is the study's key.
    """
    try:
        first = cache.add(":".join(map(str, ("asked", task, *arguments))), 1, seconds)
    except redis.exceptions.RedisError:
        # Then no worker can be asked either.
        return
    if first:
        enqueue(task, *arguments)


@dataclass(frozen=True)
class Recomputed(Generic[Result]):
    """What was computed last, None if nothing was, and whether it is of the data as they are."""

    result: Result | None
    current: bool


def renew(key: str, stamp: str, make: Callable[[], object]) -> None:
    """For a worker: computes what is kept under `key`, unless it is of these data already, or
    another worker is at it. What takes longer than the pause between two requests would else be
    computed by all workers at once."""
    with _alone(key) as alone:
        kept = _kept(key)
        if alone and not (kept and kept[0] == stamp):
            _recompute(key, stamp, make)


def _recompute(key: str, stamp: str, make: Callable[[], Result]) -> Result:
    """Computes a result and keeps it under `key`, with the `stamp` of the data that it is of."""
    start = time.monotonic()
    result = make()
    with suppress(redis.exceptions.RedisError):
        cache.set(key, (stamp, time.monotonic() - start, result), _KEPT_SECONDS)
    return result


def recomputed(
    key: str,
    stamp: str,
    make: Callable[[], Result],
    *,
    small: Callable[[], bool],
    ask: Callable[[], None],
    quick: float | None = None,
) -> Recomputed[Result]:
    """The result of the data that `stamp` stands for, or the last one, after which `ask` requests
    a newer one of a worker, which calls `renew`.

    A reader waits for what took less than `quick` seconds (QUICK_SECONDS) the last time; for the
    first one of all if the data are `small`.
    """
    limit = QUICK_SECONDS if quick is None else quick
    kept = _kept(key)
    if kept and kept[0] == stamp:
        return Recomputed(kept[2], True)
    if kept[1] < limit if kept else small():
        return Recomputed(_recompute(key, stamp, make), True)
    ask()
    return Recomputed(kept[2] if kept else None, False)


def _kept(key: str) -> Any:
    """The stamp, the seconds that it took, and the result; None without one."""
    with suppress(redis.exceptions.RedisError):
        return cache.get(key)
    return None


@contextmanager
def _alone(key: str) -> Iterator[bool]:
    """Whether nobody else is in such a block; PostgreSQL forgets it if this process dies."""
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        (alone,) = cursor.fetchone()
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])
