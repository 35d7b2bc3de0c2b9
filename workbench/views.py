"""The site's own pages: home, health, stored images."""

import redis
from django.conf import settings
from django.core.files.storage import storages
from django.db import connection
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

from .storage import SignedFileSystemStorage, signature_is_valid


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect("studies")


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Whether PostgreSQL and Redis answer; 503 with the one that does not."""
    problems = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as error:  # noqa: BLE001 -- whatever the driver raises is the answer
        problems["postgresql"] = type(error).__name__
    try:
        _redis().ping()
    except redis.RedisError as error:
        problems["redis"] = type(error).__name__
    return JsonResponse({"ready": not problems, **problems}, status=503 if problems else 200)


def _redis() -> redis.Redis:
    """Asked once: the library would try again for several seconds, longer than who asks waits."""
    patience = {"socket_timeout": 2, "socket_connect_timeout": 2, "retry": Retry(NoBackoff(), 0)}
    return redis.Redis.from_url(settings.REDIS_URL, **patience)


@require_safe
def media(request: HttpRequest, name: str) -> FileResponse:
    """A stored image, for holders of a signed address (local storage only)."""
    storage = storages["default"]
    if not isinstance(storage, SignedFileSystemStorage):
        raise Http404
    if not signature_is_valid(name, request.GET.get("s", "")) or not storage.exists(name):
        raise Http404
    response = FileResponse(storage.open(name))
    # The name holds the content's hash, so a copy never goes stale.
    response["Cache-Control"] = "private, max-age=43200, immutable"
    response["Content-Security-Policy"] = "default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response
