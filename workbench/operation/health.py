"""`/health/live` and `/health/ready`: for proxies, load balancers and whoever starts the site.

Each thing is asked at the same time as the others, over connections of its own, and all have less
than a second together: a server that swallows packets would hold a web thread, and with it raters.
"""

import os
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import psycopg
import redis
from botocore.config import Config
from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry
from storages.backends.s3 import S3Storage

from .backup.stored import STORAGES

#: For everything together.
_SECONDS = 0.7
#: Below it, imports and trainings begin to fail.
DISK_NEEDED_MIB = 200
#: Sorted in 64 kB of memory, so that PostgreSQL writes a little to its disk and deletes it again.
_WRITES = "SELECT count(*) FROM (SELECT generate_series(1, 8000) AS n ORDER BY n DESC) AS numbers"

#: Raises, or returns what is wrong ("" if nothing is).
Check = Callable[[], str]


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """503 with what is missing, if raters cannot rate; what else is wrong is named next to it."""
    missing = problems()
    vital = missing.keys() & VITAL.keys()
    return JsonResponse({"ready": not vital, **missing}, status=503 if vital else 200)


def problems() -> dict[str, str]:
    """What is wrong, by name; in at most `_SECONDS`."""
    checks = {**VITAL, **OTHER}
    asked = {name: _askers().submit(check) for name, check in checks.items()}
    wait(asked.values(), timeout=_SECONDS)
    found = {name: _told(answer) for name, answer in asked.items()}
    return {name: problem for name, problem in found.items() if problem}


def _told(answer: Future[str]) -> str:
    if not answer.done():
        answer.cancel()
        return "no answer"
    error = answer.exception()
    # No more than the kind: whoever asks is not signed in.
    return type(error).__name__ if error else answer.result()


_lock = threading.Lock()
_of_process: dict[int, ThreadPoolExecutor] = {}


def _askers() -> ThreadPoolExecutor:
    """Of this process: threads do not live on in a fork. Those that wait for something that never
    answers are few, and everything else that is asked then counts as unanswered, too."""
    with _lock:
        if os.getpid() not in _of_process:
            _of_process.clear()
            _of_process[os.getpid()] = ThreadPoolExecutor(8, thread_name_prefix="health")
        return _of_process[os.getpid()]


def _postgresql() -> str:
    """Answers, has room on its disk, and its tables are those of this code."""
    given = connection.get_connection_params()
    names = ("host", "port", "dbname", "user", "password", "sslmode", "sslrootcert")
    options = {name: given[name] for name in names if name in given}
    with psycopg.connect(**options, connect_timeout=2, autocommit=True) as own:
        own.execute("SET statement_timeout = '600ms'")
        own.execute("SET work_mem = '64kB'")
        own.execute(_WRITES)
        applied = set(own.execute("SELECT app, name FROM django_migrations").fetchall())
    behind = len(_known_migrations() - applied)
    return f"{behind} migrations have not been run" if behind else ""


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def _redis() -> str:
    """Asked once: the library would try again for several seconds."""
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=_SECONDS,
        socket_connect_timeout=_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        client.ping()
    finally:
        client.close()
    return ""


def _storage() -> str:
    """Images can be read: the bucket answers, or the folders are there."""
    for name in STORAGES:
        backend = storages[name]
        if isinstance(backend, S3Storage):
            _ask_bucket(backend)
        elif isinstance(backend, FileSystemStorage):
            # Made with the first file; until then its disk has to be there.
            places = [Path(backend.location), *Path(backend.location).parents]
            folder = next(place for place in places if place.exists())
            if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
                return f"the folder of {name} cannot be read and written"
    return ""


def _ask_bucket(backend: S3Storage) -> None:
    _bucket_client(backend.region_name, backend.endpoint_url).head_bucket(
        Bucket=backend.bucket_name
    )


@cache
def _bucket_client(region: str | None, endpoint: str | None) -> Any:
    """One that does not wait. It is shared by threads, and takes a tenth of a second to make."""
    backend: S3Storage = storages["default"]
    impatient = Config(
        connect_timeout=_SECONDS, read_timeout=_SECONDS, retries={"total_max_attempts": 1}
    )
    return boto3.Session(backend.access_key, backend.secret_key).client(
        "s3",
        region_name=region,
        endpoint_url=endpoint,
        config=backend.client_config.merge(impatient),
    )


def _disk() -> str:
    folder = settings.DATA_DIR
    free = shutil.disk_usage(folder).free // 2**20 if folder.exists() else DISK_NEEDED_MIB
    return f"only {free} MiB are free" if free < DISK_NEEDED_MIB else ""


#: Without them nobody can rate.
VITAL: dict[str, Check] = {"postgresql": _postgresql, "storage": _storage}
#: Without them ratings go on, and imports or the model's work stop.
OTHER: dict[str, Check] = {"redis": _redis, "disk": _disk}
