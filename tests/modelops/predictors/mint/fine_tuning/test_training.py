from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from modelops.learning.curves import Curve
from modelops.learning.errors import DivergedError, LearningError
from modelops.learning.rates import inner_rate_at, rate_at
from modelops.learning.recipe import Recipe
from modelops.predictors.mint.fine_tuning.data import TrainingData
from modelops.predictors.mint.fine_tuning.training import fine_tune
from modelops.predictors.mint.fine_tuning.trunk import Scorer, Trunk, freeze
from modelops.predictors.mint.fine_tuning.validation import draw_parts
from modelops.predictors.mint.modeling import MintIQAModel
from tests.modelops.predictors.mint.fine_tuning.models import small_model
from tests.modelops.predictors.mint.fine_tuning.training_data import (
    RECIPE,
    make_data,
    same_bits,
    silent,
    weights,
)

#: Half of the pool decides when to stop; a rate so high that training soon overshoots.
STOPPING = replace(RECIPE, epochs=5, learning_rate=0.1, validation_share=0.5)


class Stopped(Exception):  # noqa: N818 -- a test's own signal
    pass


def train(
    recipe: Recipe, path: Path, data: TrainingData | None = None
) -> tuple[MintIQAModel, Curve]:
    """A model that has been trained, from the same start each time, and how it went."""
    model = small_model()
    curve = fine_tune(model, data or make_data(), recipe, path / "checkpoint", silent)
    return model, curve


def test_training_is_the_same_twice_with_one_seed(tmp_path: Path) -> None:
    first, second = small_model(dropout=0.1), small_model(dropout=0.1)
    for number, model in enumerate((first, second)):
        fine_tune(model, make_data(), RECIPE, tmp_path / str(number), silent)
    assert same_bits(first, second)


@pytest.mark.parametrize("stop_at", [1, 4, 5, 8])
def test_a_run_that_was_stopped_continues_to_the_same_bits(tmp_path: Path, stop_at: int) -> None:
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
    assert same_bits(resumed, whole)
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


def error_on(model: MintIQAModel, data: TrainingData, rows: list[int]) -> float:
    """The mean absolute error, by the model itself."""
    with torch.no_grad():
        inputs = data.pixels(rows), data.input_ids[rows], data.attention_mask[rows]
        errors = model(*inputs).scores - data.targets[rows]
    return float(errors[errors.isfinite()].abs().mean())


@pytest.mark.parametrize("changes", [{}, {"frozen_blocks": 0}, {"lora_rank": 2, "lora_blocks": 1}])
def test_trunk_and_scorer_together_are_the_model(changes: dict[str, Any]) -> None:
    model, data, recipe = small_model(), make_data(), replace(RECIPE, **changes)
    inputs = data.input_ids, data.attention_mask
    with torch.no_grad():
        expected = model(data.pixels(range(10)), *inputs).scores
        freeze(model, recipe)
        hidden = Trunk(model, recipe)(data.pixels(range(10)))
        assert torch.equal(Scorer(model, recipe)(hidden, *inputs), expected)


def test_accumulated_batches_train_as_one_large_batch(tmp_path: Path) -> None:
    small, _ = train(replace(RECIPE, batch_size=2, accumulation=3), tmp_path / "small")
    large, _ = train(replace(RECIPE, batch_size=6), tmp_path / "large")
    assert not torch.equal(small.query_tokens, small_model().query_tokens)
    for name, item in weights(large).items():
        assert torch.allclose(weights(small)[name], item, atol=1e-5), name


def test_bfloat16_stays_near_float32_with_scores_finer_than_its_steps(tmp_path: Path) -> None:
    _, full_curve = train(RECIPE, tmp_path / "full")
    half, half_curve = train(replace(RECIPE, precision="bfloat16"), tmp_path / "half")
    assert half.query_tokens.dtype == torch.float32
    assert half_curve.losses == pytest.approx(full_curve.losses, abs=0.02)
    assert half_curve.losses != full_curve.losses


def test_a_weight_of_zero_takes_a_label_out(tmp_path: Path) -> None:
    data = make_data()
    wrong = data.targets.clone()
    wrong[3] = 0.9
    kept = torch.ones(10, 3)
    kept[3] = 0
    first, _ = train(RECIPE, tmp_path / "a", replace(data, weights=kept))
    other, _ = train(RECIPE, tmp_path / "b", replace(data, targets=wrong, weights=kept))
    assert same_bits(first, other)


def test_ranks_and_weights_change_what_is_learned(tmp_path: Path) -> None:
    heavy = torch.ones(10, 3)
    heavy[0] = 5
    plain, _ = train(RECIPE, tmp_path / "plain")
    ranked, _ = train(replace(RECIPE, rank_weight=0.5), tmp_path / "ranked")
    weighted, _ = train(RECIPE, tmp_path / "weighted", replace(make_data(), weights=heavy))
    assert not same_bits(plain, ranked)
    assert not same_bits(plain, weighted)


def test_the_rate_rises_and_falls_along_half_a_cosine() -> None:
    # 8 steps, a quarter of them rising: 0, ½, then ½·(1 + cos(π·k/6)) for k = 0…5.
    rates = [rate_at(step, 8, 0.25) for step in range(8)]
    falling = [1.0, 0.5 + 0.75**0.5 / 2, 0.75, 0.5, 0.25, 0.5 - 0.75**0.5 / 2]
    assert rates == pytest.approx([0.0, 0.5, *falling])
    assert [rate_at(step, 2, 0.0) for step in range(2)] == pytest.approx([1.0, 0.5])


def test_no_step_of_a_short_training_is_lost() -> None:
    # Of one step, ½·(1 + cos(π·0.8/1.8)); of many, none without a rate.
    assert [inner_rate_at(step, 1) for step in range(1)] == pytest.approx([0.586824])
    assert min(inner_rate_at(step, 100) for step in range(100)) > 0


def test_the_weights_of_the_best_epoch_are_kept(tmp_path: Path) -> None:
    model, curve = train(STOPPING, tmp_path)
    best = curve.best_epoch
    assert best is not None
    assert best < len(curve.validation) == 5
    aside = draw_parts(range(10), 0.5, STOPPING.seed).validation
    assert error_on(model, make_data(), aside) == pytest.approx(min(curve.validation), abs=1e-6)


def test_training_stops_when_nothing_has_got_better_for_a_while(tmp_path: Path) -> None:
    _, whole = train(STOPPING, tmp_path / "whole")
    model, stopped = train(replace(STOPPING, patience=1), tmp_path / "stopped")
    best = stopped.best_epoch
    assert best is not None
    assert len(stopped.validation) == best + 1 < 5
    assert stopped.validation == whole.validation[: best + 1]
    aside = draw_parts(range(10), 0.5, STOPPING.seed).validation
    assert error_on(model, make_data(), aside) == pytest.approx(min(stopped.validation), abs=1e-6)


def test_what_is_set_aside_is_not_trained_on(tmp_path: Path) -> None:
    data = make_data()
    wrong = data.targets.clone()
    wrong[draw_parts(range(10), 0.5, RECIPE.seed).validation] = 0.1
    recipe = replace(RECIPE, epochs=1, validation_share=0.5)
    first, _ = train(recipe, tmp_path / "a", data)
    other, _ = train(recipe, tmp_path / "b", replace(data, targets=wrong))
    assert same_bits(first, other)


def test_a_checkpoint_of_another_model_or_of_other_labels_is_not_gone_on_from(
    tmp_path: Path,
) -> None:
    train(RECIPE, tmp_path)
    seen: list[int] = []

    def note(stage: str, done: int, total: int) -> None:
        seen.append(done)

    changed = replace(make_data(), targets=make_data().targets + 0.1)
    fine_tune(small_model(), changed, RECIPE, tmp_path / "checkpoint", note)
    assert seen[0] == 1
    fine_tune(small_model(seed=5), changed, RECIPE, tmp_path / "checkpoint", note)
    assert seen[9] == 1
    fine_tune(small_model(seed=5), changed, RECIPE, tmp_path / "checkpoint", note)
    assert len(seen) == 18  # that one was its own


def test_a_loss_that_is_no_number_stops_before_it_spoils_the_weights(tmp_path: Path) -> None:
    data = make_data()
    images = data.pixels(range(10))
    images[:, 0, 0, 0] = torch.inf
    spoilt = replace(data, pixels=lambda rows: images[list(rows)])
    model = small_model()
    with pytest.raises(DivergedError, match=r"loss is nan at step 1, in epoch 1; .*learning_rate"):
        fine_tune(model, spoilt, RECIPE, tmp_path / "c", silent)
    assert same_bits(model, small_model())


def test_labels_that_are_no_numbers_are_missing_labels(tmp_path: Path) -> None:
    """NaN is how a label is missing: such an image moves nothing."""
    data = make_data()
    missing = data.targets.clone()
    missing[4:] = torch.nan
    recipe = replace(RECIPE, epochs=1, batch_size=10)
    model, curve = train(recipe, tmp_path, replace(data, targets=missing))
    with torch.no_grad():
        start = small_model()(data.pixels(range(4)), data.input_ids[:4], data.attention_mask[:4])
    errors = (start.scores - missing[:4]).abs()
    assert curve.losses == pytest.approx([float(errors.nansum()) / 10])
    assert all(item.isfinite().all() for item in weights(model).values())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"targets": torch.full((10, 3), torch.nan)}, "none of 10 images has a label"),
        ({"targets": torch.tensor([[0.5] * 3] * 9 + [[torch.inf] * 3])}, "label of image 9 is inf"),
        (
            {"weights": torch.tensor([[1.0] * 3] * 9 + [[torch.nan] * 3])},
            "weight .* 9 is not",
        ),
        ({"weights": torch.tensor([[-1.0] * 3] * 10)}, "weight of the label of image 0 is not"),
    ],
)
def test_data_that_cannot_be_trained_on_are_named(
    changes: dict[str, torch.Tensor], message: str
) -> None:
    with pytest.raises(LearningError, match=message):
        replace(make_data(), **changes)  # type: ignore[arg-type]


def test_a_validation_part_without_labels_is_named(tmp_path: Path) -> None:
    data = make_data()
    targets = data.targets.clone()
    targets[draw_parts(range(10), 0.5, RECIPE.seed).validation] = torch.nan
    with pytest.raises(LearningError, match="none of the 5 images that were drawn for validation"):
        train(replace(RECIPE, validation_share=0.5), tmp_path, replace(data, targets=targets))
