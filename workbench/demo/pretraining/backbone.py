"""The parts of the tiny MINT-IQA that pretraining reaches into."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from modelops.predictors.mint.modeling import MintIQAModel
from modelops.predictors.mint.presets import preset_config

#: Prompts → token ids and attention mask, both (batch, length).
Encode = Callable[[list[str]], tuple[Tensor, Tensor]]


def new_backbone(seed: int) -> MintIQAModel:
    """The tiny model with fresh weights."""
    torch.manual_seed(seed)
    model = MintIQAModel(preset_config("tiny"))
    # Queries start as zeros in BLIP-2's own initialisation; equal, they would stay equal.
    nn.init.normal_(model.query_tokens, std=0.02)
    return model


def side_of(model: MintIQAModel) -> int:
    """The side of the pictures that the model takes, in pixels."""
    return int(str(model.config.vision_config.image_size))


def grid_of(model: MintIQAModel) -> int:
    """Patches along one side."""
    return side_of(model) // int(str(model.config.vision_config.patch_size))


def vision_tokens(model: MintIQAModel, pixels: Tensor) -> Tensor:
    """(batch, 3, side, side) → (batch, 1 + patches, vision width)."""
    tokens: Tensor = model.vision_model(pixel_values=pixels).last_hidden_state
    return tokens


def query_states(model: MintIQAModel, vision: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
    """The query embeddings (batch, queries, width) for pictures that were already encoded.

    The same computation as `MintIQAModel.forward` from the vision tokens on; apart, so that one
    picture can be encoded once for several prompts.
    """
    queries = model.query_tokens.expand(len(ids), -1, -1)
    tokens = model.embeddings(input_ids=ids, query_embeds=queries)
    whole = torch.cat([mask.new_ones(queries.shape[:2]), mask], dim=1)
    hidden: Tensor = model.qformer(
        query_embeds=tokens,
        query_length=queries.shape[1],
        attention_mask=whole,
        encoder_hidden_states=vision,
    ).last_hidden_state
    return hidden[:, : queries.shape[1]]


@contextmanager
def middle_states(model: MintIQAModel) -> Iterator[list[Tensor]]:
    """Collects the query states (batch, queries, width) after the Q-Former's middle layer."""
    collected: list[Tensor] = []
    layers = model.qformer.encoder.layer

    def keep(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
        collected.append(output[:, : model.query_tokens.shape[1]])

    handle = layers[len(layers) // 2].register_forward_hook(keep)
    try:
        yield collected
    finally:
        handle.remove()
