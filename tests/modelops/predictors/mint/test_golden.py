"""The released implementation's own outputs; see golden/mint/README.md for the tolerances."""

import json

import pytest
import torch
from safetensors.torch import load_file

from modelops.predictors.mint.configuration import PERSPECTIVES
from modelops.predictors.mint.conversion import load_official
from modelops.predictors.mint.modeling import MintIQAOutput
from modelops.predictors.mint.presets import preset_config
from modelops.predictors.mint.released_sizes import config_from_sizes
from tests.shared_data import require_shared

SIZES = ("nano", "micro")


def run(size: str) -> tuple[MintIQAOutput, dict[str, torch.Tensor]]:
    folder = require_shared(f"golden/mint/{size}")
    inputs = load_file(folder / "inputs.safetensors")
    with torch.inference_mode():
        output = load_official(folder)(inputs["image"], inputs["text_ids"], inputs["text_mask"])
    return output, load_file(folder / "expected.safetensors")


def largest_difference(found: torch.Tensor, expected: torch.Tensor) -> float:
    assert found.shape == expected.shape
    return float((found - expected).abs().max())


@pytest.mark.parametrize("size", SIZES)
def test_vision_and_query_embeddings_are_those_of_the_released_code(size: str) -> None:
    output, expected = run(size)
    assert output.vision_embeds is not None
    assert output.query_embeds is not None
    assert largest_difference(output.vision_embeds, expected["vision_embeds"]) <= 2e-4
    assert largest_difference(output.query_embeds, expected["query_embeds"]) <= 1e-5


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("perspective", PERSPECTIVES)
def test_each_score_is_that_of_the_released_code(size: str, perspective: str) -> None:
    output, expected = run(size)
    assert output.scores is not None
    score = output.scores[:, PERSPECTIVES.index(perspective)]
    assert largest_difference(score, expected[perspective]) <= 1e-5


def test_the_published_preset_has_the_released_sizes() -> None:
    sizes = json.loads(require_shared("golden/mint/full_config.json").read_text())
    released, preset = config_from_sizes(sizes), preset_config("vit-g")
    preset.bos_token = None  # of the tokenizer, which the sizes do not speak of
    assert preset.to_dict() == released.to_dict()
