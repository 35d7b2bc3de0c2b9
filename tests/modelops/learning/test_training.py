from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from modelops.learning.recipe import Recipe
from modelops.learning.training import TrainingData, fine_tune, freeze
from modelops.mint import MintIQAModel

from .models import small_model

RECIPE = Recipe("tiny", epochs=3, learning_rate=1e-3, batch_size=4, frozen_blocks=1)


def make_data(count: int = 10) -> TrainingData:
    generator = torch.Generator().manual_seed(7)
    images = torch.randn(count, 3, 28, 28, generator=generator)
    targets = images.mean(dim=(1, 2, 3))[:, None].expand(-1, 3).clone() + 0.5
    targets[0, 1] = torch.nan

    def pixels(index: Sequence[int]) -> Tensor:
        return images[list(index)]

    ids = torch.randint(0, 60, (count, 5), generator=generator)
    return TrainingData(pixels, ids, torch.ones_like(ids), targets)


def weights(model: MintIQAModel) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def silent(stage: str, done: int, total: int) -> None:
    pass


class Stopped(Exception):  # noqa: N818 -- a test's own signal
    pass


def test_training_is_the_same_twice_with_one_seed(tmp_path: Path) -> None:
    first, second = small_model(dropout=0.1), small_model(dropout=0.1)
    for number, model in enumerate((first, second)):
        fine_tune(model, make_data(), RECIPE, tmp_path / str(number), silent)
    assert all(torch.equal(a, weights(second)[name]) for name, a in weights(first).items())


@pytest.mark.parametrize("stop_at", [1, 4, 5, 8])
def test_a_run_that_was_stopped_goes_on_to_the_same_bits(tmp_path: Path, stop_at: int) -> None:
    whole = small_model(dropout=0.1)
    fine_tune(whole, make_data(), RECIPE, tmp_path / "whole", silent)

    def stop(stage: str, done: int, total: int) -> None:
        if done == stop_at:
            raise Stopped

    with pytest.raises(Stopped):
        fine_tune(small_model(dropout=0.1), make_data(), RECIPE, tmp_path / "cut", stop)
    resumed = small_model(dropout=0.1)
    seen: list[int] = []
    fine_tune(
        resumed, make_data(), RECIPE, tmp_path / "cut", lambda stage, done, total: seen.append(done)
    )
    assert all(torch.equal(a, weights(resumed)[name]) for name, a in weights(whole).items())
    assert seen[0] == (stop_at - 1) // 3 * 3 + 1  # three steps an epoch: whole epochs are kept


def test_training_brings_predictions_closer(tmp_path: Path) -> None:
    model, data = small_model(), make_data(24)

    def error() -> float:
        images = data.pixels(range(24))
        with torch.no_grad():
            scores = model(images, data.input_ids, data.attention_mask).scores
        return float((scores - data.targets)[data.targets.isfinite()].abs().mean())

    before = error()
    fine_tune(model, data, replace(RECIPE, epochs=20), tmp_path / "c", silent)
    assert error() < 0.5 * before


def test_frozen_parts_stay_and_the_others_move(tmp_path: Path) -> None:
    model = small_model()
    before = weights(model)
    fine_tune(model, make_data(), RECIPE, tmp_path / "c", silent)
    moved = {name for name, value in weights(model).items() if not torch.equal(value, before[name])}
    assert "query_tokens" in moved
    assert any(name.startswith("vision_model.encoder.layers.1.") for name in moved)
    assert not any(name.startswith("vision_model.encoder.layers.0.") for name in moved)
    assert not any(name.startswith(("qformer.", "embeddings.")) for name in moved)


def test_the_qformer_can_be_trained_too() -> None:
    model = small_model()
    freeze(model, replace(RECIPE, frozen_qformer=False))
    assert all(item.requires_grad for item in model.qformer.parameters())


def test_a_spoilt_checkpoint_starts_the_run_again(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"half a file")
    whole, again = small_model(), small_model()
    fine_tune(whole, make_data(), RECIPE, tmp_path / "other", silent)
    fine_tune(again, make_data(), RECIPE, tmp_path / "c", silent)
    assert torch.equal(whole.query_tokens, again.query_tokens)


def test_a_checkpoint_of_other_frozen_parts_is_not_mixed_in(tmp_path: Path) -> None:
    fine_tune(small_model(), make_data(), RECIPE, tmp_path / "c", silent)
    seen: list[int] = []
    fine_tune(
        small_model(),
        make_data(),
        replace(RECIPE, frozen_blocks=0),
        tmp_path / "c",
        lambda stage, done, total: seen.append(done),
    )
    assert seen[0] == 1


def test_no_epochs_leave_the_model_as_it_is(tmp_path: Path) -> None:
    model = small_model()
    before = weights(model)
    fine_tune(model, make_data(), replace(RECIPE, epochs=0), tmp_path / "c", silent)
    assert all(torch.equal(value, before[name]) for name, value in weights(model).items())
