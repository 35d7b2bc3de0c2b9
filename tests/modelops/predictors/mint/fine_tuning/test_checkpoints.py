import errno
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from modelops.learning.curves import Curve
from modelops.learning.recipe import Recipe
from modelops.predictors.mint.fine_tuning import checkpoints
from modelops.predictors.mint.fine_tuning.checkpoints import (
    Checkpoint,
    Saving,
    load_checkpoint,
    save_checkpoint,
)
from modelops.predictors.mint.streaming import write_state

RECIPE = Recipe(epochs=3)


def make_checkpoint(width: int = 3, *, steps: int = 2) -> Checkpoint:
    """A linear layer after `steps` steps of Adam."""
    torch.manual_seed(1)
    layer = torch.nn.Linear(width, 2)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.1)
    curve = Curve(2)
    for step in range(steps):
        optimizer.zero_grad()
        layer(torch.ones(1, width)).sum().backward()
        optimizer.step()
        curve.losses.append(1 / (step + 3))
    return Checkpoint(RECIPE, "start", dict(layer.named_parameters()), optimizer, curve)


def state(checkpoint: Checkpoint) -> list[torch.Tensor]:
    return [
        torch.cat([weight.flatten(), moments["exp_avg"].flatten(), moments["exp_avg_sq"].flatten()])
        for weight, moments in checkpoint.optimizer.state.items()
    ] + [moments["step"] for moments in checkpoint.optimizer.state.values()]


def test_everything_comes_back_to_the_bit(tmp_path: Path) -> None:
    saved, fresh = make_checkpoint(), make_checkpoint(steps=0)
    saved.curve.validation.append(1 / 7)
    saved.best = {name: torch.full_like(item, 0.3) for name, item in saved.weights.items()}
    save_checkpoint(tmp_path / "c", saved)
    assert load_checkpoint(tmp_path / "c", fresh)
    assert fresh.curve == saved.curve
    assert all(torch.equal(a, b) for a, b in zip(state(fresh), state(saved), strict=True))
    assert all(torch.equal(fresh.best[name], item) for name, item in saved.best.items())
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_the_file_says_what_it_is_a_checkpoint_of(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "c", make_checkpoint())
    with safe_open(tmp_path / "c", framework="pt") as file:
        about = file.metadata()
    assert about["origin"] == "start"
    assert '"epochs": 3' in about["recipe"]


@pytest.mark.parametrize(
    "other",
    [
        replace(make_checkpoint(steps=0), recipe=replace(RECIPE, epochs=4)),
        replace(make_checkpoint(steps=0), origin="elsewhere"),
        make_checkpoint(width=4, steps=0),
    ],
    ids=["recipe", "origin", "shapes"],
)
def test_a_checkpoint_of_something_else_changes_nothing(tmp_path: Path, other: Checkpoint) -> None:
    save_checkpoint(tmp_path / "c", make_checkpoint())
    before = {name: item.detach().clone() for name, item in other.weights.items()}
    assert not load_checkpoint(tmp_path / "c", other)
    assert all(torch.equal(item, before[name]) for name, item in other.weights.items())
    assert not other.optimizer.state
    assert not other.curve.losses


def test_a_file_that_is_cut_short_or_absent_changes_nothing(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "c", make_checkpoint())
    whole = (tmp_path / "c").read_bytes()
    (tmp_path / "c").write_bytes(whole[:-5])
    fresh = make_checkpoint(steps=0)
    assert not load_checkpoint(tmp_path / "c", fresh)
    assert not load_checkpoint(tmp_path / "nowhere", fresh)
    assert not fresh.optimizer.state


def test_a_full_disk_leaves_the_old_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_checkpoint(tmp_path / "c", make_checkpoint())
    old = (tmp_path / "c").read_bytes()

    def to_a_full_disk(path: Path, *args: object, **kwargs: object) -> str:
        return write_state(Path("/dev/full"), *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(checkpoints, "write_state", to_a_full_disk)
    with pytest.raises(OSError, match="No space left") as caught:
        save_checkpoint(tmp_path / "c", make_checkpoint(steps=1))
    assert caught.value.errno == errno.ENOSPC
    assert (tmp_path / "c").read_bytes() == old
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_a_small_checkpoint_is_written_after_each_epoch_a_large_one_when_it_is_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = make_checkpoint()
    saving = Saving(tmp_path / "c", seconds=600)
    saving.after_step(state)
    assert not (tmp_path / "c").exists()
    saving.after_epoch(state)
    assert (tmp_path / "c").exists()
    # Three times six weights and two biases (8 numbers of 4 bytes), and more.
    monkeypatch.setattr(checkpoints, "_EACH_EPOCH_BYTES", 96)
    Saving(tmp_path / "large", seconds=600).after_epoch(state)
    assert not (tmp_path / "large").exists()
    Saving(tmp_path / "large", seconds=0).after_epoch(state)
    assert (tmp_path / "large").exists()
    # The end of a training is written, once, whatever its size.
    ending = Saving(tmp_path / "end", seconds=600)
    ending.at_end(state)
    written = (tmp_path / "end").stat().st_mtime_ns
    ending.at_end(state)
    assert (tmp_path / "end").stat().st_mtime_ns == written
