"""Backbones of full size with random weights, in turns on the same images: what a light second one
costs beside the published one."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import (
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    SiglipConfig,
    SiglipImageProcessorPil,
    SiglipModel,
)

from benchmarks.model_full import full_size_model
from benchmarks.model_ways import Pace, Way, in_turns
from modelops.predictors.base import Embedder
from modelops.predictors.hardware import native_precision
from modelops.predictors.image_text.checkpoint import ImageTextModel, narrowed
from modelops.predictors.image_text.embedder import ImageTextEmbedder
from modelops.predictors.mint.checkpoint import TINY_FOLDER
from modelops.predictors.mint.embedder import MintEmbedder
from modelops.predictors.mint.engine import Item

PUBLISHED = "vit-g"


def backbones(items: Sequence[Item], rounds: int) -> list[dict[str, Any]]:
    """Seconds per image of each on this machine's processor, and how often as fast as ViT-g."""
    precision = native_precision("cpu")
    made: dict[str, Embedder] = {
        PUBLISHED: MintEmbedder(full_size_model(), precision),
        "SigLIP-base/16": ImageTextEmbedder(narrowed(siglip_base(), precision), precision),
        "CLIP B/16": ImageTextEmbedder(narrowed(clip_b_16(), precision), precision),
    }
    paces = in_turns({name: _by(embedder) for name, embedder in made.items()}, items, rounds)
    return [{"precision": precision, **row} for row in compared(paces, len(items))]


def compared(paces: Mapping[str, Pace], images: int) -> list[dict[str, Any]]:
    """The median of the rounds, and of their ratios to the published backbone's."""
    base = paces[PUBLISHED].seconds
    return [
        {
            "backbone": name,
            "seconds_per_image": round(statistics.median(pace.seconds) / images, 3),
            "ratio": round(
                statistics.median(b / own for b, own in zip(base, pace.seconds, strict=True)), 1
            ),
        }
        for name, pace in paces.items()
    ]


def siglip_base() -> ImageTextModel:
    """SigLIP's defaults: ViT-B/16 at 224 px, 64 tokens."""
    torch.manual_seed(0)
    tokenizer = _tokenizer(64)
    tokenizer.enable_padding(length=64)
    model = SiglipModel(SiglipConfig())
    return _frozen(model, SiglipImageProcessorPil(), tokenizer, 768)


def clip_b_16() -> ImageTextModel:
    """CLIP with ViT-B/16 at 224 px."""
    torch.manual_seed(0)
    tokenizer = _tokenizer(77)
    tokenizer.enable_padding()
    model = CLIPModel(CLIPConfig(vision_config={"patch_size": 16}))
    return _frozen(model, CLIPImageProcessorPil(), tokenizer, 512)


def _frozen(model: Any, processor: Any, tokenizer: Tokenizer, width: int) -> ImageTextModel:
    frozen = model.train(False).requires_grad_(False)
    return ImageTextModel(frozen, processor, tokenizer, width, sha256="random weights")


def _tokenizer(length: int) -> Tokenizer:
    """The tiny preset's: which words they are does not change how long they take."""
    tokenizer = Tokenizer.from_file(str(TINY_FOLDER / "tokenizer.json"))
    tokenizer.enable_truncation(length)
    return tokenizer


def _by(embedder: Embedder) -> Way:
    def embed(items: Sequence[Item]) -> NDArray[np.float32]:
        images: Any = [item.image for item in items]
        return embedder.embed(images, [item.prompt for item in items]).values

    return embed
