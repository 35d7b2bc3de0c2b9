"""A training is killed for real, at every step and between, and continues to the same bits."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor

from modelops.learning.recipe import Recipe
from tests.modelops.predictors.mint.fine_tuning.killing import (
    KILLED,
    explaining,
    fine_tuning,
    finish,
    kill_at,
)

STEPS = 12
LORA = replace(KILLED, lora_rank=2, lora_blocks=1, lora_dropout=0.1)
IN_QFORMER = replace(LORA, lora_target="qformer", trunk_cache=False)
WORK = partial(fine_tuning, KILLED)
Weights = dict[str, Tensor]


def same_bits(found: Weights, expected: Weights) -> bool:
    return found.keys() == expected.keys() and all(
        torch.equal(item, expected[name]) for name, item in found.items()
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    weights, steps = finish(WORK, tmp_path_factory.mktemp("whole") / "c")
    assert steps == list(range(1, STEPS + 1))
    return weights


def test_a_run_that_is_killed_at_each_of_its_steps_ends_with_the_same_bits(
    tmp_path: Path, undisturbed: Weights
) -> None:
    for step in range(1, STEPS + 1):
        # Killed after the step and before its checkpoint: the next attempt does it once more.
        steps = kill_at(step, WORK, tmp_path / "c", save_seconds=0)
        assert steps == [step - 1, step][-min(step, 2) :]
    weights, steps = finish(WORK, tmp_path / "c")
    assert steps == [STEPS]
    assert same_bits(weights, undisturbed)


@pytest.mark.parametrize("step", [3, 6, 11])
def test_without_a_checkpoint_within_the_epoch_it_is_done_again(
    tmp_path: Path, undisturbed: Weights, step: int
) -> None:
    kill_at(step, WORK, tmp_path / "c", save_seconds=600)
    weights, steps = finish(WORK, tmp_path / "c")
    assert steps[0] == (step - 1) // 4 * 4 + 1
    assert same_bits(weights, undisturbed)


def test_a_run_that_is_killed_while_it_saves_continues_from_the_checkpoint_before(
    tmp_path: Path, undisturbed: Weights
) -> None:
    kill_at(6, WORK, tmp_path / "c", save_seconds=0, in_save=True)
    half = [path for path in tmp_path.iterdir() if path.name.startswith(".c.")]
    assert len(half) == 1
    weights, steps = finish(WORK, tmp_path / "c")
    assert steps[0] == 6
    assert same_bits(weights, undisturbed)


@pytest.mark.parametrize(
    "recipe",
    [LORA, IN_QFORMER, replace(KILLED, learning_rate=0.1, patience=1)],
    ids=["lora", "lora in the Q-Former", "stopping"],
)
def test_adapters_and_early_stopping_go_on_too(tmp_path: Path, recipe: Recipe) -> None:
    work = partial(fine_tuning, recipe)
    whole, _ = finish(work, tmp_path / "whole")
    kill_at(6, work, tmp_path / "c", save_seconds=0)
    weights, _ = finish(work, tmp_path / "c")
    assert same_bits(weights, whole)


def test_stage_two_killed_at_each_of_its_steps_ends_with_the_same_bits(tmp_path: Path) -> None:
    whole, steps = finish(explaining, tmp_path / "whole")
    assert steps == [1, 2, 3, 4]
    for step in steps:
        done = kill_at(step, explaining, tmp_path / "c", save_seconds=0)
        assert done == [step - 1, step][-min(step, 2) :]
    weights, steps = finish(explaining, tmp_path / "c")
    assert steps == [4]
    assert same_bits(weights, whole)
