"""The model's own promises: linear heads, exact round trips, strict loading."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from annotation.protocol.aigciqa2023 import AIGCIQA2023_PERSPECTIVES
from modelops.predictors.errors import CheckpointError
from modelops.predictors.mint.configuration import PERSPECTIVES, MintIQAConfig
from modelops.predictors.mint.modeling import MintIQAModel, MintIQAOutput, with_bfloat16_products
from modelops.predictors.mint.presets import preset_config

Inputs = tuple[Tensor, Tensor, Tensor]


@pytest.fixture
def inputs() -> Inputs:
    """Three images; the second prompt is padded from four tokens to seven."""
    generator = torch.Generator().manual_seed(5)
    pixels = torch.randn(3, 3, 28, 28, generator=generator)
    ids = torch.randint(5, 2048, (3, 7), generator=generator)
    mask = torch.ones(3, 7, dtype=torch.int64)
    mask[1, 4:] = 0
    return pixels, ids, mask


def run(model: MintIQAModel, inputs: Inputs) -> MintIQAOutput:
    with torch.inference_mode():
        output: MintIQAOutput = model(*inputs)
    return output


def test_shapes_are_as_documented(small_model: MintIQAModel, inputs: Inputs) -> None:
    output = run(small_model, inputs)
    shapes = {name: tuple(tensor.shape) for name, tensor in output.items()}
    assert shapes == {
        "vision_embeds": (3, 5, 16),  # four patches and the class token
        "query_embeds": (3, 4, 12),
        "pooled": (3, 12),
        "scores": (3, 3),
    }


def test_the_heads_are_in_the_protocol_s_order() -> None:
    assert tuple(map(str, AIGCIQA2023_PERSPECTIVES)) == PERSPECTIVES


def test_half_width_shares_all_but_the_weights_of_products(small_model: MintIQAModel) -> None:
    half = with_bfloat16_products(small_model)
    for (name, mine), theirs in zip(small_model.named_parameters(), half.parameters(), strict=True):
        layer = small_model.get_submodule(name.rpartition(".")[0])
        assert mine.dtype == torch.float32
        if isinstance(layer, nn.Linear) and not name.startswith("heads."):
            assert torch.equal(theirs, mine.to(torch.bfloat16))
        else:
            assert theirs is mine
    assert not small_model.bfloat16_products


def test_half_width_gives_scores_in_full_width(small_model: MintIQAModel, inputs: Inputs) -> None:
    full, half = (run(it, inputs) for it in (small_model, with_bfloat16_products(small_model)))
    assert full.scores is not None
    assert half.pooled is not None
    assert half.scores is not None
    assert half.scores.dtype == half.pooled.dtype == torch.float32
    # A score of the heads as they are, of pooled embeddings that the products' rounding moved.
    with torch.inference_mode():
        assert torch.equal(half.scores, small_model.score_pooled(half.pooled))
    assert 0 < (half.scores - full.scores).abs().max() < 0.02


def test_a_caller_s_own_half_width_reaches_the_products(
    small_model: MintIQAModel, inputs: Inputs
) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        found = small_model.pooled_embeddings(*inputs)
    expected = with_bfloat16_products(small_model).pooled_embeddings(*inputs)
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_padding_changes_nothing(small_model: MintIQAModel, inputs: Inputs) -> None:
    pixels, ids, mask = inputs
    alone = run(small_model, (pixels[1:2], ids[1:2, :4], mask[1:2, :4])).scores
    together = run(small_model, inputs).scores
    assert alone is not None
    assert together is not None
    torch.testing.assert_close(alone[0], together[1], atol=1e-6, rtol=0)


def test_the_prompt_matters(small_model: MintIQAModel, inputs: Inputs) -> None:
    pixels, ids, mask = inputs
    one, other = run(small_model, inputs).scores, run(small_model, (pixels, ids + 1, mask)).scores
    assert one is not None
    assert other is not None
    assert (one - other).abs().amax(dim=1).min() > 1e-4  # each image's scores move


def test_pooled_embeddings_are_the_forward_pass_s(
    small_model: MintIQAModel, inputs: Inputs
) -> None:
    pooled = run(small_model, inputs).pooled
    assert pooled is not None
    assert torch.equal(small_model.pooled_embeddings(*inputs), pooled)


def released_way(model: MintIQAModel, query_embeds: Tensor) -> Tensor:
    """As the released code: both layers at every query, output 1, then the mean over queries."""
    columns = []
    for perspective in PERSPECTIVES:
        outputs = model.heads[perspective](query_embeds)  # (B, Q, 3)
        columns.append(outputs[:, :, 1].mean(dim=1))
    return torch.stack(columns, dim=1)


def test_scores_are_those_of_heads_at_every_query(
    small_model: MintIQAModel, inputs: Inputs
) -> None:
    output = run(small_model, inputs)
    assert output.query_embeds is not None
    assert output.scores is not None
    with torch.inference_mode():
        expected = released_way(small_model, output.query_embeds)
    torch.testing.assert_close(output.scores, expected, atol=1e-6, rtol=0)


def test_the_collapsed_heads_give_the_same_scores(
    small_model: MintIQAModel, inputs: Inputs
) -> None:
    output = run(small_model, inputs)
    assert output.pooled is not None
    assert output.scores is not None
    weight, bias = small_model.head_weights()
    torch.testing.assert_close(output.pooled @ weight.T + bias, output.scores, atol=1e-6, rtol=0)


def test_head_weights_that_were_set_are_read_back_exactly(small_model: MintIQAModel) -> None:
    generator = torch.Generator().manual_seed(9)
    weight, bias = torch.randn(3, 12, generator=generator), torch.randn(3, generator=generator)
    small_model.set_head_weights(weight, bias)
    found_weight, found_bias = small_model.head_weights()
    assert torch.equal(found_weight, weight)
    assert torch.equal(found_bias, bias)


def test_head_weights_that_were_set_decide_the_scores(
    small_model: MintIQAModel, inputs: Inputs
) -> None:
    weight, bias = torch.eye(3, 12), torch.tensor([0.1, 0.2, 0.3])
    small_model.set_head_weights(weight, bias)
    output = run(small_model, inputs)
    assert output.pooled is not None
    assert output.scores is not None
    torch.testing.assert_close(output.scores, output.pooled[:, :3] + bias, atol=1e-7, rtol=0)


@pytest.mark.parametrize(("weight", "bias"), [((2, 12), (3,)), ((3, 11), (3,)), ((3, 12), (1,))])
def test_head_weights_of_another_shape_are_refused(
    small_model: MintIQAModel, weight: tuple[int, ...], bias: tuple[int, ...]
) -> None:
    before = small_model.head_weights()[0]
    with pytest.raises(CheckpointError, match=r"\(3, 12\)"):
        small_model.set_head_weights(torch.zeros(weight), torch.zeros(bias))
    assert torch.equal(small_model.head_weights()[0], before)


def test_a_saved_model_is_bit_equal(
    small_model: MintIQAModel, inputs: Inputs, tmp_path: Path
) -> None:
    small_model.save_pretrained(tmp_path)
    again = MintIQAModel.from_pretrained(tmp_path)
    saved = small_model.state_dict()
    assert again.state_dict().keys() == saved.keys()
    assert all(torch.equal(tensor, saved[name]) for name, tensor in again.state_dict().items())
    # Also what no file holds, such as the positions, is as before.
    torch.testing.assert_close(run(again, inputs).scores, run(small_model, inputs).scores)


def test_only_safetensors_are_written(small_model: MintIQAModel, tmp_path: Path) -> None:
    small_model.save_pretrained(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "model.safetensors"}


Edit = Callable[[dict[str, Tensor]], object]
DAMAGES: list[tuple[Edit, str]] = [
    (lambda weights: weights.pop("query_tokens"), "missing_keys.*query_tokens"),
    (lambda weights: weights.update(stray=torch.zeros(1)), "unexpected_keys.*stray"),
    (
        lambda weights: weights.update(query_tokens=torch.zeros(1, 5, 12)),
        "mismatched_keys.*query_tokens",
    ),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGES)
def test_loading_names_what_does_not_fit(
    small_model: MintIQAModel, tmp_path: Path, damage: Edit, message: str
) -> None:
    small_model.save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    damage(weights)
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=message):
        MintIQAModel.from_pretrained(tmp_path)


def test_damaged_weights_are_named(small_model: MintIQAModel, tmp_path: Path) -> None:
    small_model.save_pretrained(tmp_path)
    whole = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match=str(tmp_path)):
        MintIQAModel.from_pretrained(tmp_path)


def test_gradients_reach_every_part(small_config: MintIQAConfig, inputs: Inputs) -> None:
    model = MintIQAModel(small_config)
    model(*inputs).scores.sum().backward()
    without = {name for name, parameter in model.named_parameters() if parameter.grad is None}
    # The last layer's text outputs are read by nobody, here as in the released model.
    assert all(".layer.1.intermediate." in name or ".layer.1.output." in name for name in without)


def test_fresh_queries_differ_from_each_other(small_config: MintIQAConfig) -> None:
    queries = MintIQAModel(small_config).query_tokens[0]
    assert len(queries.unique(dim=0)) == len(queries)


def test_the_tiny_preset_fits_in_nine_megabytes_of_half_precision() -> None:
    with torch.device("meta"):
        model = MintIQAModel(preset_config("tiny"))
    assert sum(parameter.numel() for parameter in model.parameters()) * 2 < 9e6


def test_an_unknown_preset_names_those_there_are() -> None:
    with pytest.raises(ValueError, match="tiny, vit-g"):
        preset_config("vit-h")
