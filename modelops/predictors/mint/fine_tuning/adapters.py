"""Low-rank adapters (Hu et al., LoRA, arXiv 2106.09685) in the last blocks of the vision
transformer, or in the Q-Former's attention: few weights to train and to keep moments for, and none
in the saved model."""

import torch

from ....learning.errors import LearningError
from ....learning.recipe import Recipe
from ..modeling import MintIQAModel

#: The linear layers of a block; the released code (`MINTIQA_model_lora.py`) adapts attention only.
_LAYERS = ("self_attn.qkv", "self_attn.projection", "mlp.fc1", "mlp.fc2")
#: Of a layer of the Q-Former, whose every other layer looks at the image, too. The layers that the
#: same file names.
_ATTENTION = ("attention.query", "attention.key", "attention.value", "output.dense")


def add_adapters(model: MintIQAModel, recipe: Recipe) -> None:
    """Adds adapters to the linear layers of the last `recipe.lora_blocks` vision blocks, or to
    those of the Q-Former's attention.

    They start at zero: the model's outputs do not change. What is frozen stays so. Raises
    LearningError if the model has fewer blocks.
    """
    from peft import LoraConfig, inject_adapter_in_model

    adapted = _in_qformer(model) if recipe.lora_target == "qformer" else _in_blocks(model, recipe)
    trained = {name for name, item in model.named_parameters() if item.requires_grad}
    config = LoraConfig(
        r=recipe.lora_rank,
        lora_alpha=recipe.lora_alpha,  # type: ignore[arg-type]  # any number divides by the rank
        lora_dropout=recipe.lora_dropout,
        target_modules=adapted,
    )
    # One factor of each adapter is initialised at random.
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        inject_adapter_in_model(config, model)
    # The library froze all but its own.
    for name, item in model.named_parameters():
        item.requires_grad_(name in trained or ".lora_" in name)


def _in_blocks(model: MintIQAModel, recipe: Recipe) -> list[str]:
    blocks = len(model.vision_model.encoder.layers)
    if recipe.lora_blocks > blocks:
        raise LearningError(
            f"recipe: lora_blocks is {recipe.lora_blocks}, but the model has {blocks} blocks"
        )
    return [
        f"vision_model.encoder.layers.{block}.{layer}"
        for block in range(blocks - recipe.lora_blocks, blocks)
        for layer in _LAYERS
    ]


def _in_qformer(model: MintIQAModel) -> list[str]:
    """Self-attention of every layer, attention to the image of those that have it."""
    return [
        f"qformer.encoder.layer.{place}.{part}.{layer}"
        for place, found in enumerate(model.qformer.encoder.layer)
        for part in ("attention", "crossattention")
        if hasattr(found, part)
        for layer in _ATTENTION
    ]


def merge_adapters(model: MintIQAModel) -> None:
    """Adds the adapters to the weights of their layers, and takes them out: the model has
    the names, and the size, that it had before `add_adapters`."""
    from peft.tuners.lora import Linear

    for name, layer in list(model.named_modules()):
        if isinstance(layer, Linear):
            layer.merge()
            parent = model.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2], layer.get_base_layer())
    if hasattr(model, "peft_config"):
        del model.peft_config
