from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError
from pytest_django.fixtures import Settings

from annotation.models import Stimulus, Study
from modelops.models import ModelVersion, ScoringRun, TrainingRun
from modelops.registry.queue import FINISH_SCORING, SCORE_CHUNK, TRAIN
from modelops.runs import scoring, sweeping
from tests.conftest import SEND_TASK, Sent
from tests.factories import make_stimuli
from tests.modelops.conftest import Train
from tests.modelops.labelling import make_predictor
from workbench.core.jobs import leases

Commit = Callable[..., AbstractContextManager[object]]


@pytest.fixture
def run(study: Study) -> TrainingRun:
    return TrainingRun.objects.create(
        study=study, predictor=make_predictor(study), trigger="command"
    )


def expire(job: TrainingRun | ScoringRun, seconds: int = 1) -> None:
    type(job).objects.filter(pk=job.pk).update(
        lease_expires_at=timezone.now() - timedelta(seconds=seconds)
    )


def sweep(commit: Commit) -> None:
    with commit(execute=True):
        sweeping.sweep_runs()


def test_a_training_whose_worker_is_silent_is_queued_again(
    run: TrainingRun, sent: Sent, django_capture_on_commit_callbacks: Commit
) -> None:
    leases.claim(TrainingRun, run.pk)
    expire(run)
    sweep(django_capture_on_commit_callbacks)
    run.refresh_from_db()
    assert run.state == "queued"
    assert sent == [(TRAIN, (run.pk,))]


def test_a_training_under_way_is_left_alone(
    run: TrainingRun, sent: Sent, django_capture_on_commit_callbacks: Commit
) -> None:
    leases.claim(TrainingRun, run.pk)
    sweep(django_capture_on_commit_callbacks)
    assert sent == []


def test_a_training_that_keeps_killing_its_process_fails_with_the_fix(
    run: TrainingRun, sent: Sent, django_capture_on_commit_callbacks: Commit
) -> None:
    for _ in range(leases.MAX_ATTEMPTS):
        leases.claim(TrainingRun, run.pk)
        expire(run)
        sweep(django_capture_on_commit_callbacks)
    run.refresh_from_db()
    assert run.state == "failed"
    assert "ended early 5 times" in run.error
    assert "more memory" in run.error
    assert len(sent) == leases.MAX_ATTEMPTS - 1


def test_a_queued_training_whose_message_was_lost_is_asked_for_again(
    run: TrainingRun, sent: Sent, django_capture_on_commit_callbacks: Commit
) -> None:
    sweep(django_capture_on_commit_callbacks)
    sweep(django_capture_on_commit_callbacks)  # not at every sweep
    assert sent == [(TRAIN, (run.pk,))]


def test_pending_chunks_are_asked_for_again_less_and_less_often(
    labelled: list[Stimulus], train: Train, sent: Sent, django_capture_on_commit_callbacks: Commit
) -> None:
    run = train().scoring_runs.get()
    chunk = run.chunks.get()
    leases = []
    for _ in range(3):
        expire(run)
        sweep(django_capture_on_commit_callbacks)
        run.refresh_from_db()
        assert run.lease_expires_at is not None
        leases.append(round((run.lease_expires_at - timezone.now()).total_seconds() / 30))
    assert [message for message in sent if message[0] == SCORE_CHUNK] == 3 * [
        (SCORE_CHUNK, (chunk.pk,))
    ]
    assert leases == [1, 2, 4]


def test_chunks_that_an_absent_queue_refused_are_sent_by_a_sweep(
    scored: ModelVersion,
    study: Study,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    django_capture_on_commit_callbacks: Commit,
) -> None:
    settings.SCORING_CHUNK = 2
    asked: list[tuple[int, ...]] = []

    def refuse(task: str, args: tuple[int, ...]) -> None:
        asked.append(args)
        raise OperationalError("connection refused")

    make_stimuli(study, range(800, 806))
    with monkeypatch.context() as patch, django_capture_on_commit_callbacks(execute=True):
        patch.setattr(SEND_TASK, refuse)
        run = scoring.start_scoring(version=scored)
    assert len(asked) == 1

    sent: Sent = []
    monkeypatch.setattr(SEND_TASK, lambda task, args: sent.append((task, args)))
    expire(run)
    sweep(django_capture_on_commit_callbacks)
    chunks = run.chunks.order_by("index").values_list("pk", flat=True)
    assert sent == [(SCORE_CHUNK, (chunk,)) for chunk in chunks]
    assert len(sent) == 3


def test_a_run_that_was_killed_before_its_end_is_ended(
    scored: ModelVersion, sent: Sent, django_capture_on_commit_callbacks: Commit
) -> None:
    run = scored.scoring_runs.get()
    ScoringRun.objects.filter(pk=run.pk).update(state="running")
    expire(run)
    sweep(django_capture_on_commit_callbacks)
    assert sent == [(FINISH_SCORING, (run.pk,))]
