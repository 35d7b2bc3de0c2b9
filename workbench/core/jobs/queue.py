"""Waking a worker. The rows own the jobs: a message that is lost is sent again by a sweep."""

from collections.abc import Sequence
from functools import partial

import redis
import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.backoff import NoBackoff
from redis.retry import Retry

#: Lies in Redis as long as what was sent does.
_MARK = "mint:queue-not-emptied"

log = structlog.get_logger(__name__)


def enqueue(task: str, *args: int | str) -> None:
    """Sends a task when the transaction commits, so that its row is there when it starts.

    By name: whatever requests a job need not import what does it.
    """
    enqueue_each(task, [args])


def enqueue_each(task: str, calls: Sequence[tuple[int | str, ...]]) -> None:
    """Sends a task once for each tuple of arguments, in order, as `enqueue` does.

    Stops at the first refusal: somebody waits for the request, and each refusal takes its time.
    """
    transaction.on_commit(partial(_send, task, calls))


def was_emptied() -> bool:
    """Whether Redis has lost what was sent since this was last asked; once per loss. So it is for a
    Redis that never had anything."""
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
    )
    try:
        return bool(client.set(_MARK, "1", nx=True))
    except redis.RedisError:
        return False
    finally:
        client.close()


def _send(task: str, calls: Sequence[tuple[int | str, ...]]) -> None:
    for sent, args in enumerate(calls):
        try:
            current_app.send_task(task, args)
        except OperationalError as error:
            # The request for the job has succeeded: its row exists.
            log.warning(
                "queue unreachable; a sweep sends it later",
                task=task,
                error=str(error),
                unsent=len(calls) - sent,
            )
            return
