from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import redis
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError
from pytest_django import Settings

from annotation.models import ImportJob, Study
from modelops.models import ScoringRun, TrainingRun
from tests.conftest import SEND_TASK, Sent
from tests.modelops.labelling import make_predictor
from workbench.core.jobs import leases, tasks
from workbench.core.jobs.queue import enqueue, enqueue_each, was_emptied

Commit = Callable[..., AbstractContextManager[object]]

pytestmark = pytest.mark.django_db


def test_a_task_leaves_when_the_transaction_commits(
    sent: Sent, django_capture_on_commit_callbacks: Commit
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        enqueue("train", 7)
        enqueue_each("score", [(1,), (2,), (3,)])
        assert sent == []
    assert sent == [("train", (7,)), ("score", (1,)), ("score", (2,)), ("score", (3,))]


def test_a_queue_that_refuses_is_not_asked_again_for_the_rest(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Commit
) -> None:
    """With 0.6 s for each refusal, 38 chunks made a request of 24 s."""
    asked: list[tuple[int, ...]] = []

    def refuse_the_second(task: str, args: tuple[int, ...]) -> None:
        asked.append(args)
        if len(asked) == 2:
            raise OperationalError("connection refused")

    monkeypatch.setattr(SEND_TASK, refuse_the_second)
    with django_capture_on_commit_callbacks(execute=True):
        enqueue_each("score", [(chunk,) for chunk in range(38)])
    assert asked == [(0,), (1,)]


def test_a_queue_that_lost_what_was_sent_is_noticed_once() -> None:
    redis.Redis.from_url(settings.REDIS_URL).delete("mint:queue-not-emptied")
    assert was_emptied()
    assert not was_emptied()


def test_a_queue_that_is_away_has_lost_nothing_yet(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    assert not was_emptied()


def test_after_a_loss_all_that_waits_is_asked_for_again(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jobs that wait, and scorings, whose chunks are messages; not what a worker holds."""
    run = TrainingRun.objects.create(
        study=study, predictor=make_predictor(study), trigger="command",
        lease_expires_at=leases.lease_end(),
    )  # fmt: skip
    held = ImportJob.objects.create(
        study=study, state="running", lease_expires_at=leases.lease_end()
    )
    monkeypatch.setattr(tasks, "was_emptied", lambda: True)
    tasks.look_after_queue()
    woken: list[int] = []
    leases.sweep(TrainingRun, wake=woken.append, give_up=lambda job: None)
    assert woken == [run.pk]
    held.refresh_from_db()
    assert held.lease_expires_at
    assert held.lease_expires_at > timezone.now()
    assert ScoringRun.BY_MESSAGES
