"""Signs of life of workers and the scheduler, as rows."""

from datetime import timedelta
from typing import Any

import pytest
import redis
from celery.utils.imports import symbol_by_name
from django.conf import LazySettings, settings
from django.db import OperationalError
from django.utils import timezone

from workbench.celery import app, say_that_the_worker_lives
from workbench.core.jobs import beat, heartbeats
from workbench.core.jobs.heartbeats import Pulse, background, queue_names, say_alive
from workbench.core.jobs.models import Heartbeat

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_queues_are_those_of_the_settings() -> None:
    assert queue_names() == ["default", "model"]


def test_nobody_was_ever_heard_of() -> None:
    found = background()
    assert (found.beat_alive, found.beat_seen_at, found.well) == (False, None, False)
    assert [(item.workers, item.seen_at) for item in found.queues] == [(0, None), (0, None)]


def test_a_worker_of_one_queue_says_nothing_of_the_other() -> None:
    say_alive("celery@one", "worker", ["model"])
    say_alive("celery@two", "worker", ["model"])
    say_alive("beat@one", "beat")
    assert [(item.name, item.workers) for item in background().queues] == [
        ("default", 0),
        ("model", 2),
    ]
    assert not background().well
    say_alive("celery@one", "worker", ["model", "default"])
    assert background().well


def test_waiting_tasks_are_counted() -> None:
    queue = redis.Redis.from_url(settings.REDIS_URL)
    queue.delete("model")  # other tests may have sent tasks
    queue.rpush("model", "a", "b")
    try:
        assert [item.waiting for item in background().queues][1] == 2
    finally:
        queue.delete("model")


def test_those_silent_for_a_day_are_forgotten() -> None:
    say_alive("celery@old", "worker", ["default"])
    Heartbeat.objects.update(seen_at=timezone.now() - timedelta(days=2))
    say_alive("celery@new", "worker", ["default"])
    assert [row.name for row in Heartbeat.objects.all()] == ["celery@new"]


def test_a_pulse_writes_at_most_every_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    clock = [100.0]
    monkeypatch.setattr(heartbeats, "say_alive", lambda name, kind, queues: said.append(name))
    monkeypatch.setattr("workbench.core.jobs.heartbeats.time.monotonic", lambda: clock[0])
    pulse = Pulse("worker")
    for second in (100.0, 105.0, 109.9, 110.0):
        clock[0] = second
        pulse.beat(f"at {second}")
    assert said == ["at 100.0", "at 110.0"]


def test_a_database_that_is_away_stops_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def refuse(name: object, *given: object) -> None:
        asked.append(name)
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(heartbeats, "say_alive", refuse)
    Pulse("worker").beat("celery@here")
    assert asked == ["celery@here"]


def test_celerys_heartbeat_becomes_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    class Eventer:
        hostname = "celery@here"
        app: Any

    class Heart:
        eventer = Eventer()

    Eventer.app = app
    monkeypatch.setattr(heartbeats, "worker_pulse", Pulse("worker"))
    say_that_the_worker_lives(Heart())
    row = Heartbeat.objects.get()
    assert (row.name, row.kind) == ("celery@here", "worker")
    assert "default" in row.queues


def test_the_scheduler_says_that_it_lives_with_each_tick(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.core.jobs.beat.PersistentScheduler.tick", lambda self: 7.0)
    scheduler = beat.Scheduler(app, schedule_filename=str(tmp_path / "schedule"), lazy=True)
    assert scheduler.tick() == 7.0
    assert Heartbeat.objects.get().kind == "beat"


def test_beat_starts_with_that_scheduler(settings: LazySettings) -> None:
    assert app.conf.beat_scheduler == settings.CELERY_BEAT_SCHEDULER
    assert symbol_by_name(app.conf.beat_scheduler) is beat.Scheduler
