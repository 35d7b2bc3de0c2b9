"""Low-rank adapters against the formula of the paper, W + (α / r)·B·A."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from modelops.learning.errors import LearningError
from modelops.predictors.mint.fine_tuning.adapters import add_adapters, merge_adapters
from modelops.predictors.mint.fine_tuning.training import fine_tune
from modelops.predictors.mint.fine_tuning.trunk import freeze
from modelops.predictors.mint.modeling import MintIQAModel
from tests.modelops.predictors.mint.fine_tuning.models import small_model
from tests.modelops.predictors.mint.fine_tuning.training_data import (
    RECIPE,
    make_data,
    silent,
    weights,
)

LORA = replace(RECIPE, lora_rank=2, lora_blocks=1, lora_alpha=6.0)
LAYERS = {"self_attn.qkv", "self_attn.projection", "mlp.fc1", "mlp.fc2"}
#: As the released script names them, of the first layer, which looks at the image, and the second.
IN_QFORMER = replace(LORA, lora_target="qformer", learning_rate=1e-2)
ATTENTION = {
    f"qformer.encoder.layer.{part}.{layer}"
    for part in ("0.attention", "0.crossattention", "1.attention")
    for layer in ("attention.query", "attention.key", "attention.value", "output.dense")
}
LAST = "vision_model.encoder.layers.1"


def scores(model: MintIQAModel) -> Tensor:
    data = make_data()
    with torch.no_grad():
        found: Tensor = model(data.pixels(range(10)), data.input_ids, data.attention_mask).scores
    return found


def test_adapters_start_as_nothing() -> None:
    model = small_model()
    before = scores(model)
    add_adapters(model, LORA)
    assert torch.equal(scores(model), before)


def test_only_adapters_train_in_the_blocks() -> None:
    model = small_model()
    freeze(model, LORA)
    trained = {name for name, item in model.named_parameters() if item.requires_grad}
    blocks = {name for name in trained if ".layers." in name}
    assert blocks == {
        f"{LAST}.{layer}.lora_{part}.default.weight" for layer in LAYERS for part in "AB"
    }
    assert {"query_tokens", "vision_model.post_layernorm.weight"} <= trained


def test_merging_adds_the_scaled_product_and_leaves_the_old_names() -> None:
    model = small_model()
    before = weights(model)
    add_adapters(model, LORA)
    layer: Any = model.get_submodule(f"{LAST}.mlp.fc1")
    down, up = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    assert (down.shape, up.shape) == ((2, 16), (32, 2))
    with torch.no_grad():
        up.copy_(torch.arange(64.0).reshape(32, 2) / 100)
    expected = before[f"{LAST}.mlp.fc1.weight"] + 6.0 / 2 * (up @ down)
    with_adapters = scores(model)
    merge_adapters(model)
    after = weights(model)
    assert after.keys() == before.keys()
    assert torch.allclose(after[f"{LAST}.mlp.fc1.weight"], expected, atol=1e-7)
    assert torch.allclose(scores(model), with_adapters, atol=1e-6)


def test_a_trained_model_has_the_names_it_had_and_another_last_block(tmp_path: Path) -> None:
    model = small_model()
    before = weights(model)
    fine_tune(model, make_data(), LORA, tmp_path / "c", silent)
    after = weights(model)
    assert after.keys() == before.keys()
    moved = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert {name for name in moved if ".layers." in name and name.startswith("vision")} == {
        f"{LAST}.{layer}.weight" for layer in LAYERS
    }
    assert all(item.requires_grad for item in model.parameters())


def test_more_blocks_than_the_model_has_are_refused() -> None:
    with pytest.raises(LearningError, match="lora_blocks is 3, but the model has 2 blocks"):
        freeze(small_model(), replace(LORA, lora_blocks=3))


def test_in_the_q_former_its_attention_alone_has_adapters() -> None:
    model = small_model()
    before = scores(model)
    freeze(model, replace(IN_QFORMER, frozen_qformer=False, frozen_blocks=0))
    trained = {name for name, item in model.named_parameters() if item.requires_grad}
    assert {name for name in trained if "lora_" in name} == {
        f"{layer}.lora_{part}.default.weight" for layer in ATTENTION for part in "AB"
    }
    # Besides: queries, the norm of what they look at, and heads; as in the published recipe.
    rest = {name for name in trained if "lora_" not in name}
    assert {name for name in rest if not name.startswith("heads.")} == {
        "query_tokens", "vision_model.post_layernorm.weight", "vision_model.post_layernorm.bias",
    }  # fmt: skip
    model.train(False)
    assert torch.equal(scores(model), before)


def test_only_what_is_meant_to_learn_moves_and_merged_it_scores_the_same(tmp_path: Path) -> None:
    model = small_model()
    before = weights(model)
    merged: list[Tensor] = []

    def merging(adapted: MintIQAModel) -> None:
        adapted.train(False)
        with_adapters = scores(adapted)
        merge_adapters(adapted)
        merged.extend([with_adapters, scores(adapted)])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("modelops.predictors.mint.fine_tuning.training.merge_adapters", merging)
        fine_tune(model, make_data(), IN_QFORMER, tmp_path / "c", silent)
    with_adapters, without = merged
    assert torch.allclose(without, with_adapters, atol=1e-6, rtol=0)
    assert not torch.allclose(without, scores(small_model()), atol=1e-3)
    after = weights(model)
    assert after.keys() == before.keys()
    moved = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert {name for name in moved if name.startswith("qformer.")} == {
        f"{layer}.weight" for layer in ATTENTION
    }
    assert not {name for name in moved if ".layers." in name or name.startswith("embeddings.")}
    assert {"query_tokens", "vision_model.post_layernorm.weight"} <= moved


def test_adapters_are_in_parts_that_exist() -> None:
    with pytest.raises(LearningError, match="lora_target 'heads' is not one of vision, qformer"):
        replace(LORA, lora_target="heads")
