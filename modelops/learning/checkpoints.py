"""Checkpoints of a training run: trained weights, optimizer state and epoch, as safetensors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from ..files import write_atomically

FORMAT_VERSION = "1"
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


@dataclass(frozen=True)
class Checkpoint:
    """The state after `epochs`; `weights` in the order in which the optimizer holds them."""

    epochs: int
    weights: Mapping[str, nn.Parameter]
    optimizer: torch.optim.Adam


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Replaces the file as a whole. Raises OSError where the disk is full; the old one stays."""
    tensors: dict[str, Tensor] = {}
    for name, weight in checkpoint.weights.items():
        tensors[f"weight/{name}"] = weight.detach().cpu().contiguous()
        for moment in _MOMENTS:
            tensors[f"{moment}/{name}"] = checkpoint.optimizer.state[weight][moment].cpu()
    about = {"version": FORMAT_VERSION, "epochs": str(checkpoint.epochs)}
    write_atomically(path, save(tensors, about))


def load_checkpoint(
    path: Path,
    weights: Mapping[str, nn.Parameter],
    optimizer: torch.optim.Adam,
    names: Sequence[str],
) -> int:
    """Puts weights and optimizer where they were; the number of epochs that are done.

    0, with nothing changed, where the file is not a checkpoint of these parameters.
    """
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 -- not a dict
    except (SafetensorError, OSError):
        return 0
    wanted = {f"{kind}/{name}" for kind in ("weight", *_MOMENTS) for name in names}
    if about.get("version") != FORMAT_VERSION or set(tensors) != wanted:
        return 0
    with torch.no_grad():
        for name, weight in weights.items():
            weight.copy_(tensors[f"weight/{name}"])
            optimizer.state[weight] = {
                moment: _beside(tensors[f"{moment}/{name}"], weight, moment) for moment in _MOMENTS
            }
    return int(about["epochs"])


def _beside(value: Tensor, weight: Tensor, moment: str) -> Tensor:
    """Moments lie on the weight's device; Adam keeps its step counters on the CPU."""
    return value if moment == "step" else value.to(weight.device)
