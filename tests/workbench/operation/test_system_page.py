"""How the site is, for its administrators."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from annotation.models import AuditEntry, ImportJob, Study
from workbench.accounts.models import User
from workbench.core.jobs.heartbeats import say_alive
from workbench.core.jobs.models import Heartbeat
from workbench.core.version import VERSION

pytestmark = pytest.mark.django_db


@pytest.fixture
def console(client: Client, administrator: User) -> Client:
    client.force_login(administrator)
    return client


def shown(console: Client) -> str:
    answer = console.get("/system/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_site_says_that_nothing_was_heard_of_yet(console: Client) -> None:
    text = shown(console)
    assert "No program has been seen within a day." in text
    assert "none yet" in text
    assert "Database, queue, storage and disk are working." in text
    assert VERSION in text


def test_programs_jobs_and_backups_are_told(
    console: Client, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = {"name": "NVIDIA H200", "used": 2**30, "total": 139 * 2**30}
    monkeypatch.setattr("workbench.core.jobs.facts.gpu_memory", lambda: [card])
    say_alive("celery@gpu-host", "worker", ["model"])
    say_alive("beat@here", "beat")
    say_alive("web@here", "web")
    now = timezone.now()
    Heartbeat.objects.filter(kind="beat").update(
        seen_at=now - timedelta(minutes=5), facts={"version": "0.0.9"}
    )
    job = ImportJob.objects.create(
        study=study,
        manifest="a",
        manifest_name="a.csv",
        state="failed",
        error="row 17: <b>no image</b>",
        finished_at=now,
    )
    AuditEntry.objects.create(action="site.backed_up", detail={"name": "b", "lost": 2})
    text = shown(console)
    assert "celery@gpu-host" in text
    assert "NVIDIA H200" in text
    assert text.count(">Alive<") == 2
    assert text.count(">Silent<") == 1
    assert "not that of this page" in text
    assert "row 17: &lt;b&gt;no image&lt;/b&gt;" in text
    assert study.title in text
    assert "The last backup lacks 2 files that the site had lost." in text
    ImportJob.objects.filter(pk=job.pk).update(finished_at=now - timedelta(days=8))
    assert "row 17" not in shown(console)


def test_what_does_not_answer_is_named_first(console: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    text = shown(console)
    assert "<strong>Queue (Redis)</strong>: ConnectionError" in text
    assert "unknown" in text
