"""Trainings in processes of their own, to be killed without warning."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from modelops.learning.recipe import Recipe
from modelops.learning.training import fine_tune
from modelops.mint import MintIQAModel

from .models import small_model
from .training_data import RECIPE, make_data

#: Three epochs of four steps: dropout, accumulation, a validation part and a last small step.
KILLED = replace(RECIPE, batch_size=2, accumulation=2, validation_share=0.2, rank_weight=0.5)
COUNT = 16
#: Seconds a child may take for its next step on a loaded machine.
PATIENCE = 120.0


def start_model() -> MintIQAModel:
    return small_model(dropout=0.1)


@contextmanager
def training(
    recipe: Recipe, checkpoint: Path, *, hold_at: int, save_seconds: float, in_save: bool = False
) -> Iterator[tuple[BaseProcess, Connection]]:
    """A child that trains, telling of each step; it waits for ever after step `hold_at`, or, with
    `in_save`, in the middle of the first checkpoint after it."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    ours, theirs = context.Pipe()
    child = context.Process(
        target=_train, args=(theirs, recipe, checkpoint, hold_at, save_seconds, in_save)
    )
    child.start()
    theirs.close()
    try:
        yield child, ours
    finally:
        child.kill()
        child.join()


def kill_at(step: int, recipe: Recipe, checkpoint: Path, **how: Any) -> list[int]:
    """Trains until `step` and kills the process there; the steps that it did."""
    with training(recipe, checkpoint, hold_at=step, **how) as (child, told):
        steps = _steps_until(told, step)
        if how.get("in_save"):
            assert told.poll(PATIENCE)
            assert told.recv() == "saving"
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        assert child.exitcode == -signal.SIGKILL
    return steps


def finish(recipe: Recipe, checkpoint: Path) -> tuple[MintIQAModel, list[int]]:
    """Trains to the end in a child: the model, and the steps that were left to it."""
    with training(recipe, checkpoint, hold_at=0, save_seconds=600) as (child, told):
        steps = _steps_until(told, None)
        child.join(PATIENCE)
        assert child.exitcode == 0
    model = start_model()
    model.load_state_dict(load_file(_result(checkpoint)))
    return model, steps


def _steps_until(told: Connection, last: int | None) -> list[int]:
    steps: list[int] = []
    while not steps or steps[-1] != last:
        assert told.poll(PATIENCE), f"nothing more after steps {steps}"
        try:
            steps.append(told.recv())
        except EOFError:
            break
    assert last is None or steps[-1] == last, steps
    return steps


def _train(
    told: Connection,
    recipe: Recipe,
    checkpoint: Path,
    hold_at: int,
    save_seconds: float,
    in_save: bool,
) -> None:
    def progress(stage: str, done: int, total: int) -> None:
        told.send(done)
        if done == hold_at:
            if in_save:
                _hold_in_the_middle_of_saving(told)
            else:
                time.sleep(PATIENCE)

    model = start_model()
    fine_tune(model, make_data(COUNT), recipe, checkpoint, progress, save_seconds=save_seconds)
    save_file(model.state_dict(), _result(checkpoint))


def _hold_in_the_middle_of_saving(told: Connection) -> None:
    """From now on a checkpoint is written under its temporary name and never gets its own."""

    def replaced(self: Path, target: Path) -> Path:
        told.send("saving")
        time.sleep(PATIENCE)
        raise AssertionError("it was not killed")

    Path.replace = replaced  # type: ignore[assignment]


def _result(checkpoint: Path) -> Path:
    return checkpoint.with_suffix(".result")
