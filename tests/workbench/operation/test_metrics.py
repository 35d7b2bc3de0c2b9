"""`/metrics`, read as Prometheus reads it: by its own client's parser."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from annotation.models import AuditEntry, ImportJob, Rater, Study, Trial
from annotation.rating.claims import claim_trials
from modelops.models import ScoringRun
from tests import factories
from tests.annotation.rating.helpers import in_rating
from tests.constraints.world import _trained
from workbench.accounts.models import User
from workbench.core.jobs.heartbeats import say_alive
from workbench.core.version import VERSION
from workbench.operation import metrics

pytestmark = pytest.mark.django_db

TOKEN = "a-long-token-for-prometheus"


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    card = {"name": "H200", "used": 12 * 2**30, "total": 139 * 2**30}
    monkeypatch.setattr("workbench.core.jobs.facts.gpu_memory", lambda: [card])


def samples(text: str) -> dict[tuple[str, ...], float]:
    """By name and values of labels, in the order of the labels' names."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(client: Client) -> dict[tuple[str, ...], float]:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return samples(answer.content.decode())


@pytest.fixture(autouse=True)
def token(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """And one process of its own, whatever `gunicorn_hooks` has set where it was imported."""
    settings.METRICS_TOKEN = TOKEN
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)


@pytest.mark.usefixtures("gpus")
def test_what_a_lab_watches_is_there(client: Client, study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 5)
    claim_trials(access=in_rating(rater), ahead=1)
    Trial.objects.filter(position=0).update(state="submitted", submitted_at=timezone.now())
    say_alive("celery@here", "worker", ["default", "model"])
    hour_ago = timezone.now() - timedelta(hours=1)
    job = ImportJob.objects.create(study=study, manifest="a", manifest_name="a.csv")
    ImportJob.objects.filter(pk=job.pk).update(created_at=hour_ago)
    version: Any = _trained(study)["version"]
    now = timezone.now()
    ScoringRun.objects.create(
        study=study,
        model_version=version,
        state="succeeded",
        progress_done=300,
        started_at=now - timedelta(seconds=100),
        finished_at=now,
    )
    found = scrape(client)
    assert found["mint_info", VERSION] == 1
    assert found["mint_ratings",] == 1
    assert found["mint_leases",] == 1
    assert found["mint_claim_seconds_count",] >= 1
    assert found["mint_queue_tasks", "default"] == 0
    assert found["mint_jobs", "import", "queued"] == 1
    assert found["mint_job_age_seconds", "import", "queued"] == pytest.approx(3600, abs=60)
    assert found["mint_heartbeat_age_seconds", "worker", "celery@here"] < 60
    assert found["mint_gpu_memory_used_bytes", "0", "celery@here"] == 12 * 2**30
    assert found["mint_gpu_memory_total_bytes", "0", "celery@here"] == 139 * 2**30
    assert found["mint_disk_free_bytes", "celery@here"] > 0
    assert found["mint_model_version", version.predictor.name, study.slug] == version.number
    assert found["mint_label_age_seconds", version.predictor.name, study.slug] >= 0
    assert found["mint_scored_images_per_second",] == pytest.approx(3)
    assert found["mint_database_bytes",] > 1_000_000
    assert ("mint_backup_age_seconds",) not in found
    AuditEntry.objects.create(action="site.backed_up", detail={"name": "b"})
    assert scrape(client)["mint_backup_age_seconds",] < 60


def test_only_administrators_and_the_token_open_it(
    client: Client, owner: User, administrator: User, settings: Settings
) -> None:
    def status(**headers: str) -> int:
        return client.get("/metrics", headers=headers).status_code

    assert status() == 404
    assert status(Authorization="Bearer another") == 404
    assert status(Authorization=TOKEN) == 404
    client.force_login(owner)
    assert status() == 404
    client.force_login(administrator)
    assert status() == 200
    client.logout()
    settings.METRICS_TOKEN = ""
    assert status(Authorization="Bearer ") == 404


def test_without_redis_the_rest_is_there(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    found = scrape(client)
    assert ("mint_queue_tasks", "default") not in found
    assert found["mint_leases",] == 0


def plans(statements: list[str]) -> Iterator[Any]:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
            yield from _nodes(cursor.fetchone()[0][0]["Plan"])


def _nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for part in plan.get("Plans", []):
        yield from _nodes(part)


def test_no_statement_reads_all_trials_or_scores(study: Study) -> None:
    """Whatever number there is: sequential reading is made dear, so only a statement that has no
    index would do it."""
    with CaptureQueriesContext(connection) as captured:
        registry = CollectorRegistry()
        registry.register(metrics._Site())
        generate_latest(registry)
    statements = [
        query["sql"] for query in captured.captured_queries if query["sql"].startswith("SELECT")
    ]
    assert len(statements) < 20
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    read = {node["Relation Name"] for node in plans(statements) if node["Node Type"] == "Seq Scan"}
    large = {"trial", "score", "explanation", "auditentry", "prediction"}
    assert not read & {f"annotation_{name}" for name in large}
