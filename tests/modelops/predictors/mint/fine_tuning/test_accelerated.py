"""Two processes on the loopback interface train what one process trains."""

import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from multiprocessing import active_children, get_context
from pathlib import Path

import psutil
import pytest
import torch

from modelops.learning.errors import DivergedError, TeamBrokenError
from modelops.predictors.hardware import DeviceError
from modelops.predictors.mint.fine_tuning import accelerated
from modelops.predictors.mint.fine_tuning.accelerated import fine_tune_together
from modelops.predictors.mint.fine_tuning.training import fine_tune
from tests.modelops.predictors.mint.fine_tuning.killing import (
    COUNT,
    KILLED,
    fine_tuning,
    start_model,
    training,
)
from tests.modelops.predictors.mint.fine_tuning.models import small_model
from tests.modelops.predictors.mint.fine_tuning.training_data import (
    Images,
    make_data,
    same_bits,
    silent,
    weights,
)

TOGETHER = replace(KILLED, processes=2)


@pytest.fixture
def quick_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that have the libraries already, so that a test takes a moment."""
    monkeypatch.setattr(accelerated, "START_METHOD", "forkserver")
    get_context("forkserver").set_forkserver_preload(["accelerate", accelerated.__name__])


@pytest.mark.usefixtures("quick_start")
def test_the_loss_curve_is_that_of_a_single_process(tmp_path: Path) -> None:
    """Batches of three over two processes: one gets a row twice, which must not count twice."""
    recipe = replace(KILLED, batch_size=3, learning_rate=0.02)
    alone, together = small_model(), small_model()
    single = fine_tune(alone, make_data(COUNT), recipe, tmp_path / "a", silent)
    seen: list[tuple[int, int]] = []
    double = fine_tune_together(
        together,
        make_data(COUNT),
        replace(recipe, processes=2),
        tmp_path / "b",
        lambda stage, done, total: seen.append((done, total)),
    )
    assert double.losses == pytest.approx(single.losses, abs=1e-5)
    assert double.validation == pytest.approx(single.validation, abs=1e-5)
    assert min(single.losses) < 0.8 * single.losses[0]  # there is a curve to compare
    for name, item in weights(alone).items():
        assert torch.allclose(weights(together)[name], item, atol=1e-4), name
    assert seen[-1] == (len(single.losses), len(single.losses))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.slow
@pytest.mark.usefixtures("quick_start")
def test_all_end_when_one_is_killed_and_the_run_continues_to_the_same_bits(tmp_path: Path) -> None:
    whole, resumed, data = start_model(), start_model(), make_data(COUNT)
    fine_tune_together(whole, data, TOGETHER, tmp_path / "whole", silent)

    # First the parent, in whose absence its processes end.
    work = partial(fine_tuning, TOGETHER)
    with training(work, tmp_path / "c", hold_at=2, save_seconds=0) as (parent, told):
        while told.poll(120) and told.recv() < 2:
            pass
        members = psutil.Process(parent.pid).children()
        assert len([item for item in members if is_running(item)]) >= 2
        parent.kill()
        parent.join()
    end = time.monotonic() + 60
    while any(is_running(member) for member in members):
        assert time.monotonic() < end, "a process outlives its parent"
        time.sleep(0.05)

    # Then one of two.
    def kill_one(stage: str, done: int, total: int) -> None:
        if done == 6:
            active_children()[0].kill()

    with pytest.raises(TeamBrokenError, match="of 2 was ended by signal 9"):
        fine_tune_together(resumed, data, TOGETHER, tmp_path / "c", kill_one, save_seconds=0)
    assert not active_children()

    left: list[int] = []
    fine_tune_together(
        resumed, data, TOGETHER, tmp_path / "c", lambda stage, done, total: left.append(done)
    )
    assert left[0] > 2
    assert same_bits(resumed, whole)


@pytest.mark.usefixtures("quick_start")
def test_an_error_of_a_process_has_its_name_here(tmp_path: Path) -> None:
    data = make_data(COUNT)
    dazzling = Images(torch.full((COUNT, 3, 28, 28), torch.inf))
    with pytest.raises(DivergedError, match="the loss is nan at step 1"):
        fine_tune_together(
            start_model(), replace(data, pixels=dazzling), TOGETHER, tmp_path / "c", silent
        )


@pytest.mark.usefixtures("quick_start")
def test_where_the_leader_cannot_save_the_other_does_not_wait_for_ever(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    with pytest.raises(IsADirectoryError):
        fine_tune_together(start_model(), make_data(COUNT), TOGETHER, tmp_path / "c", silent)
    assert not active_children()


def test_more_processes_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(DeviceError, match="processes is 2, but this machine has 1 GPU"):
        accelerated.require_devices("cuda", TOGETHER)
    accelerated.require_devices("cpu", TOGETHER)


def is_running(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
