"""Stage 1 fine-tuning: a plain torch loop that can be killed at any moment and go on.

L1 loss on the labelled perspectives, Adam, cosine schedule, first blocks frozen (MINT-IQA, arXiv
2405.07346, section 5; released code, `train.py`). Each epoch draws its randomness from (seed,
epoch) alone, so going on after epoch k gives the same weights as never having stopped.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from modelops.mint import MintIQAModel

from .checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from .recipe import Recipe

#: Called with what is being done, how much of it is done, and of how much.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class TrainingData:
    """N labelled images. `pixels(indices)` gives normalised images (B, 3, S, S)."""

    pixels: Callable[[Sequence[int]], Tensor]
    input_ids: Tensor  # (N, L)
    attention_mask: Tensor  # (N, L)
    targets: Tensor  # (N, 3) on 0…1, NaN where there is no label

    def __len__(self) -> int:
        return len(self.targets)


def fine_tune(
    model: MintIQAModel,
    data: TrainingData,
    recipe: Recipe,
    checkpoint: Path,
    progress: Progress,
) -> None:
    """Trains `model` in place for `recipe.epochs`, from `checkpoint` where one of this run exists.

    After each epoch the checkpoint is replaced as a whole. One that cannot be read is ignored: the
    run starts again. Leaves the model in evaluation mode with all parameters unfrozen.
    """
    freeze(model, recipe)
    parameters = [item for item in model.parameters() if item.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=recipe.learning_rate)
    start = _resume(model, optimizer, checkpoint)
    steps = math.ceil(len(data) / recipe.batch_size)
    for epoch in range(start, recipe.epochs):
        for step, batch in enumerate(_batches(len(data), recipe, epoch)):
            _set_rate(optimizer, recipe, (epoch * steps + step) / (recipe.epochs * steps))
            _train_step(model, optimizer, data, batch)
            progress("training", epoch * steps + step + 1, recipe.epochs * steps)
        save_checkpoint(checkpoint, Checkpoint(epoch + 1, _trainable(model), optimizer))
    model.train(False).requires_grad_(True)


def freeze(model: MintIQAModel, recipe: Recipe) -> None:
    """Leaves trainable the upper vision blocks with `ln_vision`, query tokens and heads."""
    model.train().requires_grad_(True)
    frozen: list[nn.Module] = [model.vision_model.embeddings]
    frozen += list(model.vision_model.encoder.layers[: recipe.frozen_blocks])
    if recipe.frozen_qformer:
        frozen += [model.embeddings, model.qformer]
    for module in frozen:
        module.requires_grad_(False)


def _resume(model: MintIQAModel, optimizer: torch.optim.Adam, path: Path) -> int:
    """The number of epochs that are done; model and optimizer are put where they were."""
    names = list(_trainable(model))
    return load_checkpoint(path, _trainable(model), optimizer, names) if path.exists() else 0


def _trainable(model: nn.Module) -> dict[str, nn.Parameter]:
    return {name: item for name, item in model.named_parameters() if item.requires_grad}


def _batches(count: int, recipe: Recipe, epoch: int) -> Iterator[list[int]]:
    """One epoch's batches; also seeds dropout, so that an epoch depends on nothing before it."""
    seed = int(np.random.SeedSequence([recipe.seed, epoch]).generate_state(1)[0])
    torch.manual_seed(seed)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed)).tolist()
    for start in range(0, count, recipe.batch_size):
        yield order[start : start + recipe.batch_size]


def _set_rate(optimizer: torch.optim.Adam, recipe: Recipe, share_done: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * share_done))


def _train_step(
    model: MintIQAModel, optimizer: torch.optim.Adam, data: TrainingData, batch: list[int]
) -> None:
    device = model.query_tokens.device
    targets = data.targets[batch].to(device)  # (B, 3)
    output = model(
        data.pixels(batch).to(device),
        data.input_ids[batch].to(device),
        data.attention_mask[batch].to(device),
    )
    labelled = targets.isfinite()
    # Summed over perspectives, averaged over images, as the three losses of the released code.
    loss = (output.scores - targets)[labelled].abs().sum() / len(batch)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
