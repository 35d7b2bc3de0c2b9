"""`/metrics` in Prometheus's text form: what stands in the database and in Redis at that moment.

Any web process of any host gives the same values, since none of them is its own; only
`core.measured` is counted by processes. Each statement reads an index or a table with few rows,
also with a million trials (docs/decisions/046).
"""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, F, Min, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from annotation.models import Stimulus, Trial
from modelops.models import ModelVersion, ScoringRun
from workbench.core.jobs.heartbeats import background
from workbench.core.jobs.kinds import all_job_kinds, name_of_kind
from workbench.core.jobs.models import ACTIVE_STATES, Heartbeat, JobState
from workbench.core.measured import CLAIM_SECONDS
from workbench.core.version import VERSION

from .backups import last_backup

#: Over which scorings the predictor's throughput is taken.
_LATELY = timedelta(hours=1)
_BEARER = "Bearer "


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For lab administrators, and whoever has METRICS_TOKEN; for others there is no such page."""
    if not _may_read(request):
        raise Http404
    return HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "")
    if settings.METRICS_TOKEN and given.startswith(_BEARER):
        return constant_time_compare(given.removeprefix(_BEARER), settings.METRICS_TOKEN)
    return request.user.is_active and request.user.is_staff


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Site())
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(CLAIM_SECONDS)
    return registry


class _Site(Collector):
    """Read from the database at each scrape."""

    def collect(self) -> Iterable[Metric]:
        yield _gauge("info", "The code that answers.", [({"version": VERSION}, 1)])
        yield from _of_rating()
        yield from _of_programs()
        yield from _of_jobs()
        yield from _of_models()
        yield from _of_the_host()


Sample = tuple[dict[str, str], float]


def _gauge(name: str, what: str, samples: Iterable[Sample]) -> GaugeMetricFamily:
    found = list(samples)
    labels = list(found[0][0]) if found else []
    family = GaugeMetricFamily(f"mint_{name}", what, labels=labels)
    for names, value in found:
        family.add_metric(list(names.values()), value)
    return family


def _of_rating() -> Iterator[Metric]:
    # Images count their own ratings, so that a claim need not: a sum over them, not over trials.
    claimed = Stimulus.objects.aggregate(total=Sum("claimed_ratings", default=0))["total"]
    leases = dict(
        Trial.objects.filter(state=Trial.State.LEASED)
        .values_list("role")
        .annotate(number=Count("pk"))
        .order_by()
    )
    given = claimed - leases.get(Trial.Role.MAIN, 0)
    yield _gauge("ratings", "Ratings of main images, of all studies.", [({}, given)])
    yield _gauge("leases", "Images that raters hold.", [({}, sum(leases.values()))])


def _of_programs() -> Iterator[Metric]:
    now = timezone.now()
    programs = list(Heartbeat.objects.all())
    yield _gauge(
        "heartbeat_age_seconds",
        "Since the last sign of life.",
        (
            ({"kind": one.kind, "name": one.name}, (now - one.seen_at).total_seconds())
            for one in programs
        ),
    )
    for part in ("used", "total"):
        yield _gauge(
            f"gpu_memory_{part}_bytes",
            "Of each GPU of a worker's host, by its driver.",
            (
                ({"name": one.name, "gpu": str(index)}, gpu[part])
                for one in programs
                for index, gpu in enumerate(one.facts.get("gpus", []))
            ),
        )
    yield _gauge(
        "disk_free_bytes",
        "Of the disk of a program's data folder.",
        (
            ({"name": one.name}, one.facts["disk_free"])
            for one in programs
            if "disk_free" in one.facts
        ),
    )


def _of_jobs() -> Iterator[Metric]:
    yield _gauge(
        "queue_tasks",
        "Tasks that no worker has taken; absent while Redis does not answer.",
        (
            ({"queue": queue.name}, queue.waiting)
            for queue in background().queues
            if queue.waiting is not None
        ),
    )
    now = timezone.now()
    counted: list[Sample] = []
    ages: list[Sample] = []
    for kind in all_job_kinds():
        active = kind._default_manager.filter(state__in=ACTIVE_STATES)
        found = active.values_list("state").annotate(Count("pk"), Min("created_at")).order_by()
        for state, number, oldest in found:
            labels = {"kind": name_of_kind(kind), "state": str(state)}
            counted.append((labels, number))
            ages.append((labels, _seconds(now, oldest)))
    yield _gauge("jobs", "Jobs that wait or are under way.", counted)
    yield _gauge("job_age_seconds", "Since the oldest of them was asked for.", ages)


def _of_models() -> Iterator[Metric]:
    now = timezone.now()
    active = ModelVersion.objects.filter(state=ModelVersion.State.ACTIVE).values_list(
        "study__slug", "predictor__name", "number", "snapshot__created_at"
    )
    rows = [
        ({"study": study, "predictor": predictor}, number, _seconds(now, made))
        for study, predictor, number, made in active
    ]
    yield _gauge(
        "model_version", "The version in use.", ((labels, number) for labels, number, _ in rows)
    )
    yield _gauge(
        "label_age_seconds",
        "Since the labels of the version in use were taken.",
        ((labels, age) for labels, _, age in rows),
    )
    lately = ScoringRun.objects.filter(
        state=JobState.SUCCEEDED, finished_at__gt=now - _LATELY, started_at__isnull=False
    ).aggregate(images=Sum("progress_done"), time=Sum(F("finished_at") - F("started_at")))
    if lately["images"]:
        seconds = max(lately["time"].total_seconds(), 0.001)
        yield _gauge(
            "scored_images_per_second",
            "By the scorings of the last hour, from beginning to end.",
            [({}, lately["images"] / seconds)],
        )


def _of_the_host() -> Iterator[Metric]:
    yield _gauge("database_bytes", "Size of the database.", [({}, database_bytes())])
    made = last_backup()
    if made is not None:
        age = _seconds(timezone.now(), made.created_at)
        yield _gauge("backup_age_seconds", "Since the last backup.", [({}, age)])


def database_bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        row: Any = cursor.fetchone()
    return int(row[0])


def _seconds(now: datetime, then: datetime) -> float:
    return (now - then).total_seconds()
