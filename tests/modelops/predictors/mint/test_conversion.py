"""Every name of the released checkpoint, and checkpoints that are not quite it."""

import json
from functools import cache

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from modelops.explaining.conversion import EXPLANATIONS, STAGES
from modelops.predictors.errors import CheckpointError, UnknownNameError
from modelops.predictors.mint.configuration import MintIQAConfig
from modelops.predictors.mint.conversion import (
    Dropped,
    Mapped,
    convert_state_dict,
    describe_name,
    describe_names,
    expected_shapes,
)
from modelops.predictors.mint.modeling import MintIQAModel
from modelops.predictors.mint.released_sizes import config_from_sizes
from tests.shared_data import require_shared

Q_BIAS = "qformer1.visual_encoder.blocks.0.attn.q_bias"
V_BIAS = "qformer1.visual_encoder.blocks.0.attn.v_bias"


@cache
def released_shapes() -> dict[str, list[int]]:
    path = require_shared("golden/mint/official_state_dict_shapes.json")
    shapes: dict[str, list[int]] = json.loads(path.read_text())
    return shapes


def nano() -> tuple[dict[str, Tensor], MintIQAConfig]:
    folder = require_shared("golden/mint/nano")
    config = config_from_sizes(json.loads((folder / "config.json").read_text()))
    return load_file(folder / "official_state_dict.safetensors"), config


def test_all_2035_released_names_are_accounted_for() -> None:
    described = describe_names(released_shapes(), STAGES)
    assert len(described) == 2035
    assert all(isinstance(entry, Mapped | Dropped) for entry in described.values())


UNUSED = {
    "temp",
    "vision_proj.weight",
    "vision_proj.bias",
    "text_proj.weight",
    "text_proj.bias",
    "Qformer.bert.embeddings.position_ids",
}
ROTARY = {f"llm_model.model.layers.{n}.self_attn.rotary_emb.inv_freq" for n in range(32)}


@pytest.mark.parametrize(
    ("stage", "expected"), [("qformer1.", UNUSED), ("qformer2.", UNUSED | ROTARY)]
)
def test_only_what_no_output_depends_on_is_dropped(stage: str, expected: set[str]) -> None:
    names = [name for name in released_shapes() if name.startswith(stage)]
    described = describe_names(names, STAGES)
    dropped = {name for name, entry in described.items() if isinstance(entry, Dropped)}
    assert dropped == {stage + name for name in expected}


def test_every_dropped_name_has_a_reason() -> None:
    described = describe_names(released_shapes(), STAGES)
    assert all(entry.reason for entry in described.values() if isinstance(entry, Dropped))


def test_both_stages_names_are_mapped_to_the_stage_they_come_from() -> None:
    for name, described in describe_names(released_shapes(), STAGES).items():
        if isinstance(described, Mapped):
            assert name.startswith(described.stage.prefix)


@pytest.mark.parametrize(
    ("official", "ours"),
    [
        ("zero_forward.bias", "zero_convolution.bias"),
        ("llm_proj.weight", "language_projection.weight"),
        ("llm_model.model.norm.weight", "language_model.model.norm.weight"),
        ("llm_model.lm_head.weight", "language_model.lm_head.weight"),
        ("visual_encoder.cls_token", "vision_model.embeddings.class_embedding"),
    ],
)
def test_the_explanation_model_s_names(official: str, ours: str) -> None:
    assert describe_name(f"qformer2.{official}", STAGES) == Mapped(EXPLANATIONS, ours)


def test_the_released_layout_fills_the_published_size_exactly() -> None:
    full = json.loads(require_shared("golden/mint/full_config.json").read_text())
    config = config_from_sizes(full)
    official = {
        name: torch.empty(shape, device="meta") for name, shape in released_shapes().items()
    }
    converted = convert_state_dict(official, config)
    assert {name: t.shape for name, t in converted.items()} == expected_shapes(MintIQAModel, config)


def test_attention_has_no_bias_on_its_keys() -> None:
    official, config = nano()
    bias = convert_state_dict(official, config)["vision_model.encoder.layers.0.self_attn.qkv.bias"]
    query, key, value = bias.chunk(3)
    assert torch.equal(query, official[Q_BIAS])
    assert torch.equal(value, official[V_BIAS])
    assert not key.any()


@pytest.mark.parametrize(
    "name", ["qformer1.surprise", "qformer3.query_tokens", "query_tokens", "qformer1.ln_vision"]
)
def test_an_unknown_name_is_an_error(name: str) -> None:
    official, config = nano()
    with pytest.raises(UnknownNameError, match=rf"\b{name}\b"):
        convert_state_dict({**official, name: torch.zeros(1)}, config)


def test_all_unknown_names_are_listed_at_once() -> None:
    with pytest.raises(UnknownNameError, match=r"not of the released .*: a\.b, c\.d; give"):
        describe_names(["c.d", "qformer1.temp", "a.b"], STAGES)


def test_a_missing_name_is_listed() -> None:
    official, config = nano()
    del official["qformer1.ln_vision.weight"], official["qformer1.query_tokens"]
    with pytest.raises(CheckpointError) as caught:
        convert_state_dict(official, config)
    assert "query_tokens is missing" in str(caught.value)
    assert "vision_model.post_layernorm.weight is missing" in str(caught.value)


def test_half_of_an_attention_bias_is_an_error() -> None:
    official, config = nano()
    del official[V_BIAS]
    with pytest.raises(CheckpointError, match="without"):
        convert_state_dict(official, config)


def test_a_checkpoint_of_another_size_is_an_error() -> None:
    official, config = nano()
    official["qformer1.query_tokens"] = torch.zeros(1, 9, 24)
    with pytest.raises(CheckpointError, match=r"query_tokens is \(1, 9, 24\), not \(1, 8, 24\)"):
        convert_state_dict(official, config)


def test_a_name_beyond_the_configured_depth_has_no_place() -> None:
    official, config = nano()
    official["qformer1.visual_encoder.blocks.3.norm1.bias"] = torch.zeros(32)
    with pytest.raises(
        CheckpointError, match=r"layers\.3\.layer_norm1\.bias has no place in the model"
    ):
        convert_state_dict(official, config)
