"""The training process and its watcher, without starting one: real ones are killed in
tests/faults."""

import errno
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from pytest_django.fixtures import Settings

from annotation.models import Stimulus, Study
from modelops.learning.errors import TeamBrokenError
from modelops.models import ModelVersion, TrainingRun
from modelops.predictors.mint.fine_tuning import checkpoints
from modelops.predictors.mint.fine_tuning import training as learning
from modelops.predictors.mint.streaming import write_state
from modelops.registry.artifacts import storage
from modelops.runs import retraining, supervision, training
from modelops.runs.predictors import ensure_predictor
from modelops.runs.supervision import BROKEN_TEAM, LOST_LEASE, ORPHANED, Heartbeat, train_run
from modelops.runs.training import scratch_folder
from workbench.core.buckets import BucketError
from workbench.core.jobs import leases

pytestmark = [
    pytest.mark.django_db(transaction=True),  # the heartbeat has a connection of its own
    # A thread that would have ended the process ends itself instead (fixture `exits`).
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
]


@pytest.fixture
def run(study: Study, labelled: list[Stimulus]) -> TrainingRun:
    predictor = ensure_predictor(study=study, actor=None)
    run = retraining.request_retrain(predictor=predictor, actor=None, trigger="command")
    assert leases.claim(TrainingRun, run.pk) == 1
    return run


def train(run: TrainingRun, fence: int = 1) -> int:
    status = train_run(run_id=run.pk, fence=fence, supervisor=os.getppid())
    run.refresh_from_db()
    return status


def test_a_training_ends_in_a_candidate_and_leaves_no_scratch(run: TrainingRun) -> None:
    scratch_folder(run).mkdir(parents=True)
    (scratch_folder(run) / ".checkpoint.safetensors.x").write_bytes(b"half")
    assert train(run) == 0
    assert run.state == "succeeded"
    assert run.model_version.state == "candidate"
    assert not scratch_folder(run).exists()


def test_progress_is_in_the_row_while_it_trains(
    run: TrainingRun, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.JOB_LEASE_SECONDS = 0.2  # a beat every 50 ms
    seen: list[tuple[str, int]] = []
    fit = training.run_training

    def slow(**given: object) -> object:
        given["report"]("embedding", 7, 30)  # type: ignore[operator]  # the heartbeat's
        while not seen or seen[-1] != ("embedding", 7):
            row = TrainingRun.objects.get(pk=run.pk)
            seen.append((row.stage, row.progress_done))
        return fit(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(supervision, "run_training", slow)
    assert train(run) == 0
    assert seen[-1] == ("embedding", 7)


def test_a_full_disk_fails_the_run_with_the_fix_and_leaves_nothing(
    run: TrainingRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, data: str) -> int:
        if self.name == "manifest.json":
            raise OSError(errno.ENOSPC, "No space left on device")
        return 0

    monkeypatch.setattr(Path, "write_text", full)
    train(run)
    assert run.state == "failed"
    assert "There is no space left on the server's disk" in run.error
    assert "MINT_DATA_DIR" in run.error
    assert not ModelVersion.objects.exists()
    assert not Path(storage().path(f"models/{run.study_id}/run-{run.pk}-1")).exists()
    assert not Path(storage().path(f".building/models/{run.study_id}/run-{run.pk}-1")).exists()


def test_a_disk_that_is_full_for_a_checkpoint_fails_the_run_with_the_fix(
    run: TrainingRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def to_a_full_disk(path: Path, *args: Any, **kwargs: Any) -> str:
        return write_state(Path("/dev/full"), *args, **kwargs)

    run.recipe |= {"epochs": 1}
    run.save(update_fields=["recipe"])
    monkeypatch.setattr(checkpoints, "write_state", to_a_full_disk)
    train(run)
    assert run.state == "failed"
    assert "There is no space left on the server's disk" in run.error
    assert not scratch_folder(run).exists()


@pytest.mark.parametrize("slip", [ZeroDivisionError, ValueError])
def test_an_unknown_error_fails_the_run_by_name(
    slip: type[Exception], run: TrainingRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**given: object) -> None:
        raise slip("by zero")

    monkeypatch.setattr(supervision, "run_training", fail)
    with pytest.raises(slip):
        train(run)
    run.refresh_from_db()
    assert run.state == "failed"
    assert f"unexpected error ({slip.__name__}: by zero)" in run.error


def test_a_bucket_that_is_away_fails_the_run_with_the_fix(
    run: TrainingRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**given: object) -> None:
        raise BucketError(errno.EIO, "the bucket chaos does not answer: EndpointConnectionError")

    monkeypatch.setattr(supervision, "run_training", fail)
    assert train(run) == 0
    assert run.state == "failed"
    assert run.error == (
        "The training's files could not be stored or read: the bucket chaos does not answer: "
        "EndpointConnectionError. Train again when the bucket answers again."
    )


def test_a_process_that_was_killed_leaves_the_run_to_be_handed_on(
    run: TrainingRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**given: object) -> None:
        raise TeamBrokenError("process 1 of 2 was ended by signal 9")

    scratch_folder(run).mkdir(parents=True)
    monkeypatch.setattr(supervision, "run_training", fail)
    assert train(run) == BROKEN_TEAM
    assert (run.state, run.error) == ("running", "")
    assert scratch_folder(run).exists()  # its checkpoint


def test_a_gpu_that_is_gone_fails_the_run_with_the_fix(
    run: TrainingRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*given: object) -> None:
        raise torch.AcceleratorError("CUDA error: the launch timed out and was terminated")

    run.recipe |= {"epochs": 1}
    run.save(update_fields=["recipe"])
    monkeypatch.setattr(learning, "opinion_loss", lose)
    train(run)
    assert run.state == "failed"
    assert "no longer answers (CUDA error: the launch timed out" in run.error
    assert "nvidia-smi" in run.error


def test_weights_that_are_missing_are_named(run: TrainingRun, settings: Settings) -> None:
    settings.MODEL_BACKBONES = ["tiny:/nowhere"]
    train(run)
    assert run.state == "failed"
    assert "/nowhere holds no model.safetensors" in run.error


@pytest.fixture
def exits(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> list[int]:
    """The statuses with which the heartbeat would have ended this process; it beats fast here."""
    statuses: list[int] = []

    def leave(status: int) -> None:
        statuses.append(status)
        raise SystemExit  # ends the heartbeat's thread

    monkeypatch.setattr(os, "_exit", leave)
    settings.JOB_LEASE_SECONDS = 0.2
    return statuses


def test_a_run_that_another_worker_took_is_left_to_it(run: TrainingRun, exits: list[int]) -> None:
    TrainingRun.objects.filter(pk=run.pk).update(fence=2)
    assert train(run) == LOST_LEASE
    assert run.state == "running"
    assert not ModelVersion.objects.exists()


def test_the_heartbeat_ends_a_process_whose_run_was_taken(
    run: TrainingRun, exits: list[int]
) -> None:
    heartbeat = Heartbeat(run.pk, fence=7, supervisor=os.getppid())
    heartbeat.start()
    heartbeat.join()
    assert exits == [LOST_LEASE]


def test_a_beat_after_the_runs_own_end_ends_nothing(run: TrainingRun, exits: list[int]) -> None:
    """The end is written before the heartbeat is stopped: a beat may come between the two."""
    leases.fail(TrainingRun, run.pk, 1, error="too few labels")
    heartbeat = Heartbeat(run.pk, fence=1, supervisor=os.getppid())
    heartbeat.start()
    time.sleep(0.3)  # six beats
    heartbeat.stop()
    assert exits == []


def test_the_heartbeat_ends_a_process_whose_watcher_is_gone(
    run: TrainingRun, exits: list[int]
) -> None:
    heartbeat = Heartbeat(run.pk, fence=1, supervisor=-1)
    heartbeat.start()
    heartbeat.join()
    assert exits == [ORPHANED]


def test_a_run_that_is_not_queued_is_not_supervised(run: TrainingRun) -> None:
    supervision.supervise(run_id=run.pk)
    run.refresh_from_db()
    assert run.fence == 1


def test_a_process_that_is_still_loading_is_killed_once_its_run_is_cancelled(
    run: TrainingRun, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """It does not look at its run yet; nobody waits until it does."""
    settings.JOB_LEASE_SECONDS = 0.2
    TrainingRun.objects.filter(pk=run.pk).update(state="queued")
    children = []

    def loading(*args: Any) -> "subprocess.Popen[bytes]":
        children.append(popen(["/bin/sleep", "600"]))
        assert leases.cancel(TrainingRun, run.pk)
        return children[0]

    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", loading)
    monkeypatch.setattr(supervision, "GRACE_SECONDS", 600)
    supervision.supervise(run_id=run.pk)
    assert children[0].returncode == -signal.SIGKILL
    run.refresh_from_db()
    assert run.state == "cancelled"
