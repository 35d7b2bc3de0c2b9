"""Whether workers, scheduler and web servers live: rows that they renew, and how many tasks wait.

Rows, because the page that shows them has to be there while Redis is away; the numbers of waiting
tasks are then unknown.
"""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import redis
import structlog
from django.conf import settings
from django.db import Error, connection
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.retry import Retry

from .facts import program_facts
from .models import Heartbeat, ProgramKind

#: Between two signs of life of one program, and after how long without any it counts as gone.
SECONDS = 10.0
SILENT = timedelta(seconds=45)
#: A program that was silent for so long is forgotten: workers get new names.
_FORGOTTEN = timedelta(days=1)
#: For a page that somebody waits for.
_PATIENCE = 0.15

log = structlog.get_logger(__name__)


@dataclass
class Pulse:
    """One program's signs of life, at most one each `SECONDS`."""

    kind: str
    _next: float = 0.0

    def beat(self, name: str, queues: Iterable[str] = ()) -> None:
        """Does nothing if it is too early, and never raises for a database that is away.

        The connection is closed at once: a worker's children must not inherit it.
        """
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + SECONDS
        if settings.ALIVE_FILE:
            # Also while the database is away: starting this program again would not bring it back.
            Path(settings.ALIVE_FILE).touch()
        try:
            say_alive(name, self.kind, queues)
        except Error as error:
            log.warning("sign of life not written", name=name, error=str(error))
        finally:
            connection.close()


worker_pulse = Pulse(ProgramKind.WORKER)


def keep_saying_alive(name: str, kind: str) -> None:
    """Signs of life from a thread of its own, as long as this process lives."""
    pulse = Pulse(kind)

    def beat() -> None:
        while True:
            pulse.beat(name)
            time.sleep(SECONDS)

    threading.Thread(target=beat, name="signs of life", daemon=True).start()


def say_alive(name: str, kind: str, queues: Iterable[str] = ()) -> None:
    now = timezone.now()
    Heartbeat.objects.bulk_create(
        [
            Heartbeat(
                name=name[:200],
                kind=kind,
                queues=sorted(queues),
                seen_at=now,
                facts=program_facts(gpus=kind == ProgramKind.WORKER),
            )
        ],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["kind", "queues", "seen_at", "facts"],
    )
    Heartbeat.objects.filter(seen_at__lt=now - _FORGOTTEN).delete()


@dataclass(frozen=True)
class QueueState:
    """One queue: the live workers that take from it, and the tasks that wait in it."""

    name: str
    workers: int
    #: Of any worker of it, live or not; None if none was heard of.
    seen_at: datetime | None
    #: None while Redis does not answer.
    waiting: int | None

    @property
    def alive(self) -> bool:
        return self.workers > 0


@dataclass(frozen=True)
class Background:
    """What works for the site in the background."""

    beat_seen_at: datetime | None
    beat_alive: bool
    queues: list[QueueState]

    @property
    def well(self) -> bool:
        return self.beat_alive and self.redis_answers and all(item.alive for item in self.queues)

    @property
    def redis_answers(self) -> bool:
        return all(item.waiting is not None for item in self.queues)


def background() -> Background:
    """As it is now; two questions, of which Redis has at most `_PATIENCE` seconds for its own."""
    rows, now = list(Heartbeat.objects.order_by("seen_at")), timezone.now()
    beat = [row for row in rows if row.kind == ProgramKind.BEAT]
    names = queue_names()
    waiting = _waiting(names)
    return Background(
        beat_seen_at=beat[-1].seen_at if beat else None,
        beat_alive=any(_is_live(row, now) for row in beat),
        queues=[_queue(name, rows, waiting.get(name), now) for name in names],
    )


def queue_state(name: str) -> QueueState:
    """One queue, without how many tasks wait: for pages that ask every second."""
    return _queue(name, Heartbeat.objects.order_by("seen_at"), None, timezone.now())


def queue_names() -> list[str]:
    """The site's queues, those of the most tasks first."""
    routed = [route["queue"] for route in settings.CELERY_TASK_ROUTES.values()]
    return list(dict.fromkeys([settings.CELERY_TASK_DEFAULT_QUEUE, *routed]))


def _queue(name: str, rows: Iterable[Heartbeat], waiting: int | None, now: datetime) -> QueueState:
    workers = [row for row in rows if row.kind == ProgramKind.WORKER and name in row.queues]
    return QueueState(
        name,
        workers=sum(_is_live(row, now) for row in workers),
        seen_at=workers[-1].seen_at if workers else None,
        waiting=waiting,
    )


def _is_live(row: Heartbeat, now: datetime) -> bool:
    return now - row.seen_at < SILENT


def _waiting(names: Iterable[str]) -> dict[str, int]:
    """Tasks that no worker has taken, by queue; nothing if Redis does not answer."""
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=_PATIENCE,
        socket_connect_timeout=_PATIENCE,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        with client.pipeline(transaction=False) as questions:
            for name in names:
                questions.llen(name)
            return dict(zip(names, questions.execute(), strict=True))
    except redis.RedisError:
        return {}
    finally:
        client.close()
