"""A training is killed for real, at every step and between, and goes on to the same bits."""

from dataclasses import replace
from pathlib import Path

import pytest

from modelops.learning.recipe import Recipe
from modelops.mint import MintIQAModel

from .killing import KILLED, finish, kill_at
from .training_data import same_bits

STEPS = 12
LORA = replace(KILLED, lora_rank=2, lora_blocks=1, lora_dropout=0.1)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> MintIQAModel:
    model, steps = finish(KILLED, tmp_path_factory.mktemp("whole") / "c")
    assert steps == list(range(1, STEPS + 1))
    return model


def test_a_run_that_is_killed_at_each_of_its_steps_ends_with_the_same_bits(
    tmp_path: Path, undisturbed: MintIQAModel
) -> None:
    for step in range(1, STEPS + 1):
        # Killed after the step and before its checkpoint: the next attempt does it once more.
        steps = kill_at(step, KILLED, tmp_path / "c", save_seconds=0)
        assert steps == [step - 1, step][-min(step, 2) :]
    model, steps = finish(KILLED, tmp_path / "c")
    assert steps == [STEPS]
    assert same_bits(model, undisturbed)


@pytest.mark.parametrize("step", [3, 6, 11])
def test_without_a_checkpoint_within_the_epoch_it_is_done_again(
    tmp_path: Path, undisturbed: MintIQAModel, step: int
) -> None:
    kill_at(step, KILLED, tmp_path / "c", save_seconds=600)
    model, steps = finish(KILLED, tmp_path / "c")
    assert steps[0] == (step - 1) // 4 * 4 + 1
    assert same_bits(model, undisturbed)


def test_a_run_that_is_killed_while_it_saves_goes_on_from_the_checkpoint_before(
    tmp_path: Path, undisturbed: MintIQAModel
) -> None:
    kill_at(6, KILLED, tmp_path / "c", save_seconds=0, in_save=True)
    half = [path for path in tmp_path.iterdir() if path.name.startswith(".c.")]
    assert len(half) == 1
    model, steps = finish(KILLED, tmp_path / "c")
    assert steps[0] == 6
    assert same_bits(model, undisturbed)


@pytest.mark.parametrize(
    "recipe", [LORA, replace(KILLED, learning_rate=0.1, patience=1)], ids=["lora", "stopping"]
)
def test_adapters_and_early_stopping_go_on_too(tmp_path: Path, recipe: Recipe) -> None:
    whole, _ = finish(recipe, tmp_path / "whole")
    kill_at(6, recipe, tmp_path / "c", save_seconds=0)
    model, _ = finish(recipe, tmp_path / "c")
    assert same_bits(model, whole)
