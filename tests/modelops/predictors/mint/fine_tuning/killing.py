"""Trainings in processes of their own, to be killed without warning."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from modelops.explaining.checkpoint import start_explainer
from modelops.explaining.tiny_language import tiny_language_model, tiny_language_tokenizer
from modelops.explaining.training import Example, ExplanationRecipe, look, train_explainer
from modelops.learning.recipe import Recipe
from modelops.predictors.mint.checkpoint import TINY_FOLDER, LoadedModel
from modelops.predictors.mint.fine_tuning.accelerated import fine_tune_together
from modelops.predictors.mint.fine_tuning.training import fine_tune
from modelops.predictors.mint.modeling import MintIQAModel
from modelops.predictors.mint.processing import MintIQAProcessor, ModelInputs
from modelops.predictors.mint.tokenization import load_tokenizer
from tests.modelops.predictors.mint.fine_tuning.models import small_config, small_model
from tests.modelops.predictors.mint.fine_tuning.training_data import RECIPE, make_data

#: Called with the number of steps that are done.
Told = Callable[[int], None]
#: Trains from a checkpoint on, reporting each step; a value that can be sent to another process.
Work = Callable[[Path, Told, float], nn.Module]

#: Three epochs of four steps: dropout, accumulation, a validation part and a last small step.
KILLED = replace(RECIPE, batch_size=2, accumulation=2, validation_share=0.2, rank_weight=0.5)
COUNT = 16
#: Seconds a child may take for its next step on a loaded machine.
PATIENCE = 120.0


def start_model() -> MintIQAModel:
    return small_model(dropout=0.1)


def fine_tuning(recipe: Recipe, checkpoint: Path, progress: Told, save_seconds: float) -> nn.Module:
    """Stage 1."""
    model = start_model()
    train = fine_tune_together if recipe.processes > 1 else fine_tune
    train(
        model,
        make_data(COUNT),
        recipe,
        checkpoint,
        lambda _stage, done, _total: progress(done),
        save_seconds=save_seconds,
    )
    return model


#: Two epochs of two steps.
_EXPLAINING = ExplanationRecipe(epochs=2, batch_size=2, learning_rate=1e-3)


def explaining(checkpoint: Path, progress: Told, save_seconds: float) -> nn.Module:
    """Stage 2, with dropout and a language model that was never trained."""
    # The shipped one: a trained one would have other numbers in each process.
    tokenizer = load_tokenizer(TINY_FOLDER, small_config(vocabulary=2048))
    model = small_model(dropout=0.1, vocabulary=2048)
    scores = LoadedModel(model, MintIQAProcessor(tokenizer, 28))
    answer = "The colour is quite bright."
    explainer = start_explainer(scores, tiny_language_model(1), tiny_language_tokenizer([answer]))
    generator = torch.Generator().manual_seed(2)
    pixels = torch.randn(3, 3, 28, 28, generator=generator)
    inputs = ModelInputs(pixels, *tokenizer(["prompt"] * 3))
    seen = look(scores, explainer.model, inputs, ["one", "two", "three"])
    train_explainer(
        explainer,
        seen,
        [Example(row, "quality", (answer,)) for row in range(3)],
        _EXPLAINING,
        checkpoint,
        lambda done, _total: progress(done),
        save_seconds,
    )
    return explainer.model


@contextmanager
def training(
    work: Work, checkpoint: Path, *, hold_at: int, save_seconds: float, in_save: bool = False
) -> Iterator[tuple[BaseProcess, Connection]]:
    """A child that trains and reports each step; it waits forever after step `hold_at`, or, with
    `in_save`, in the middle of the first checkpoint after it."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    ours, theirs = context.Pipe()
    child = context.Process(
        target=_train, args=(theirs, work, checkpoint, hold_at, save_seconds, in_save)
    )
    child.start()
    theirs.close()
    try:
        yield child, ours
    finally:
        child.kill()
        child.join()


def kill_at(step: int, work: Work, checkpoint: Path, **how: Any) -> list[int]:
    """Trains until `step` and kills the process there; the steps that it did."""
    with training(work, checkpoint, hold_at=step, **how) as (child, told):
        steps = _steps_until(told, step)
        if how.get("in_save"):
            assert told.poll(PATIENCE)
            assert told.recv() == "saving"
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        assert child.exitcode == -signal.SIGKILL
    return steps


def finish(work: Work, checkpoint: Path) -> tuple[dict[str, Tensor], list[int]]:
    """Trains to the end in a child: the weights, and the steps that were left to it."""
    with training(work, checkpoint, hold_at=0, save_seconds=600) as (child, told):
        steps = _steps_until(told, None)
        child.join(PATIENCE)
        assert child.exitcode == 0
    return load_file(_result(checkpoint)), steps


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
    work: Work,
    checkpoint: Path,
    hold_at: int,
    save_seconds: float,
    in_save: bool,
) -> None:
    def progress(done: int) -> None:
        told.send(done)
        if done == hold_at:
            if in_save:
                _hold_in_the_middle_of_saving(told)
            else:
                time.sleep(PATIENCE)

    model = work(checkpoint, progress, save_seconds)
    save_file(
        {name: item.clone() for name, item in model.state_dict().items()}, _result(checkpoint)
    )


def _hold_in_the_middle_of_saving(told: Connection) -> None:
    """From now on a checkpoint is written under its temporary name and never gets its own."""

    def replaced(self: Path, target: Path) -> Path:
        told.send("saving")
        time.sleep(PATIENCE)
        raise AssertionError("it was not killed")

    Path.replace = replaced  # type: ignore[assignment]


def _result(checkpoint: Path) -> Path:
    return checkpoint.with_suffix(".result")
