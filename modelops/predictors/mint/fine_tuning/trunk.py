"""A model in two parts: the trunk, which training does not change, and the trained part above."""

import torch
from torch import Tensor, nn

from ....learning.recipe import Recipe
from ..modeling import MintIQAModel
from .adapters import add_adapters
from .devices import in_bfloat16


def freeze(model: MintIQAModel, recipe: Recipe) -> None:
    """Leaves trainable the upper vision blocks with `ln_vision`, query tokens and heads; of the
    blocks only their adapters if the recipe has some, and nothing if it has them in the Q-Former.

    Raises LearningError if the model has fewer blocks than adapters are asked for.
    """
    model.train().requires_grad_(True)
    layers = list(model.vision_model.encoder.layers)
    frozen: list[nn.Module] = [model.vision_model.embeddings]
    frozen += layers if recipe.lora_rank else layers[: recipe.frozen_blocks]
    if recipe.frozen_qformer or _in_qformer(recipe):
        frozen += [model.embeddings, model.qformer]
    for module in frozen:
        module.requires_grad_(False)
    if recipe.lora_rank:
        add_adapters(model, recipe)


def trunk_blocks(model: MintIQAModel, recipe: Recipe) -> int:
    """How many of the first vision blocks have nothing that is trained."""
    blocks = len(model.vision_model.encoder.layers)
    if _in_qformer(recipe):
        return blocks
    return blocks - recipe.lora_blocks if recipe.lora_rank else min(recipe.frozen_blocks, blocks)


def _in_qformer(recipe: Recipe) -> bool:
    """Whether its adapters are in the Q-Former."""
    return bool(recipe.lora_rank) and recipe.lora_target == "qformer"


class Trunk:
    """Patch embedding and the first blocks, which a training by the recipe does not change: its
    output for an image can be computed once and kept."""

    def __init__(self, model: MintIQAModel, recipe: Recipe) -> None:
        self._model, self._blocks = model, trunk_blocks(model, recipe)
        self._mixed = in_bfloat16(model.query_tokens.device, recipe)

    @torch.no_grad()
    def __call__(self, pixels: Tensor) -> Tensor:
        """(B, 3, S, S) → (B, patches + 1, Dv), before any block that is trained."""
        with torch.autocast(pixels.device.type, torch.bfloat16, enabled=self._mixed):
            return self._model.encode_lower(pixels, self._blocks)


class Scorer(nn.Module):
    """The trained part: the blocks above the trunk, Q-Former and heads.

    In bfloat16 if the recipe says so, but the heads always in float32: a score in bfloat16 would
    come in steps of 1/256.
    """

    def __init__(self, model: MintIQAModel, recipe: Recipe) -> None:
        super().__init__()
        self.model = model
        self._blocks = trunk_blocks(model, recipe)
        self._mixed = in_bfloat16(model.query_tokens.device, recipe)

    def forward(self, hidden: Tensor, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Scores (B, P) from what the trunk gave (B, patches + 1, Dv) and the prompts (B, L)."""
        with torch.autocast(hidden.device.type, torch.bfloat16, enabled=self._mixed):
            embeds = self.model.encode_upper(hidden, self._blocks)  # (B, patches + 1, Dv)
            queries = self.model.encode_queries(embeds, input_ids, attention_mask)  # (B, Q, Dq)
        return self.model.score_pooled(queries.float().mean(dim=1))
