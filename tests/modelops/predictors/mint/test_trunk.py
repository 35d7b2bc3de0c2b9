"""The frozen trunk against the released code's outputs and the model's own forward pass."""

from typing import NamedTuple

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from modelops.predictors.mint import float8
from modelops.predictors.mint.checkpoint import LoadedModel
from modelops.predictors.mint.configuration import PERSPECTIVES
from modelops.predictors.mint.conversion import load_official
from modelops.predictors.mint.modeling import MintIQAModel
from modelops.predictors.mint.preprocessing import PIXEL_MEAN, PIXEL_STD, normalise
from modelops.predictors.mint.trunk import FrozenTrunk, Products, Widths
from tests.shared_data import require_shared

FULL, HALF = torch.float32, torch.bfloat16


class Way(NamedTuple):
    """How a precision computes, and how far it may be from the released code: of an embedding's
    length, and of the scale of scores. bfloat16 rounds by up to 2⁻⁹, float8 by 2⁻⁴."""

    widths: Widths
    products: Products | None
    embedding: float
    score: float


WAYS = {
    "float32": Way(Widths(FULL, FULL), None, 1e-5, 1e-5),
    "bfloat16 of a processor": Way(Widths(HALF, FULL), None, 4 * 2**-9, 0.005),
    "bfloat16 of a GPU": Way(Widths(HALF, HALF), None, 8 * 2**-9, 0.005),
    "fp8": Way(Widths(HALF, HALF), float8.linear, 2**-4, 0.01),
}
each_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
#: How a GPU or a processor orders the products.
each_order = pytest.mark.parametrize("processor", [True, False], ids=["processor", "GPU"])
PROMPTS = ["a photo of a cat in the snow", "", "two red circles", "grass " * 60]


def relative(found: Tensor, expected: Tensor) -> float:
    assert found.shape == expected.shape
    assert found.dtype == torch.float32
    return float(((found - expected).norm(dim=1) / expected.norm(dim=1)).max())


def as_bytes(normalised: Tensor) -> Tensor:
    """What the golden inputs were normalised from; not whole numbers, as no image made them."""
    mean, std = (torch.tensor(each).view(3, 1, 1) for each in (PIXEL_MEAN, PIXEL_STD))
    return (normalised * std + mean) * 255


@each_order
@each_way
@pytest.mark.parametrize("size", ["nano", "micro"])
def test_embeddings_and_scores_are_those_of_the_released_code(
    size: str, way: Way, processor: bool
) -> None:
    folder = require_shared(f"golden/mint/{size}")
    inputs, expected = (
        load_file(folder / f"{name}.safetensors") for name in ("inputs", "expected")
    )
    model = load_official(folder)
    trunk = FrozenTrunk(model, way.widths, way.products, processor=processor)
    found = trunk(as_bytes(inputs["image"]), inputs["text_ids"], inputs["text_mask"])
    assert relative(found, expected["query_embeds"].mean(dim=1)) < way.embedding
    with torch.no_grad():
        scores = model.score_pooled(found)
    released = torch.stack([expected[it] for it in PERSPECTIVES], dim=1)
    assert (scores - released).abs().max() <= way.score


def batch(loaded: LoadedModel) -> tuple[Tensor, Tensor, Tensor]:
    size = loaded.processor.image_size
    drawn = torch.Generator().manual_seed(4)
    pixels = torch.randint(0, 256, (4, 3, size, size), dtype=torch.uint8, generator=drawn)
    return pixels, *loaded.processor.tokenizer(PROMPTS)


@each_order
@each_way
def test_bytes_and_padded_prompts_give_what_the_model_gives(
    loaded: LoadedModel, way: Way, processor: bool
) -> None:
    pixels, ids, mask = batch(loaded)
    expected = loaded.model.pooled_embeddings(normalise(pixels), ids, mask)
    trunk = FrozenTrunk(loaded.model, way.widths, way.products, processor=processor)
    # Weights that are drawn ten times as large as usual magnify what is rounded.
    assert relative(trunk(pixels, ids, mask), expected) < 3 * way.embedding


def test_weights_of_the_right_width_are_not_copied(small_model: MintIQAModel) -> None:
    """A GPU has no room for a full-size model twice."""
    trunk = FrozenTrunk(small_model, Widths(FULL, FULL))
    with torch.no_grad():
        for block in small_model.vision_model.encoder.layers:
            for parameter in block.parameters():
                parameter.fill_(torch.nan)
    size = small_model.config.image_size
    pixels = torch.zeros(1, 3, size, size, dtype=torch.uint8)
    ones = torch.ones(1, 2, dtype=torch.int64)
    assert trunk(pixels, ones, ones).isnan().all()
