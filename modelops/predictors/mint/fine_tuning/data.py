"""What stage 1 is trained on, and how its progress is reported."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ....learning.errors import LearningError

#: Called with the name of a step, how much of it is done, and of how much.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class KeptTrunk:
    """Where activations of N images, identified by SHA-256, are kept; a value, so that it can be
    sent to another process."""

    images: Sequence[str]
    folder: Path


@dataclass(frozen=True)
class TrainingData:
    """N labelled images. `pixels(indices)` gives normalised images (B, 3, S, S)."""

    pixels: Callable[[Sequence[int]], Tensor]
    input_ids: Tensor  # (N, L)
    attention_mask: Tensor  # (N, L)
    targets: Tensor  # (N, P) on 0…1, NaN if there is no label
    weights: Tensor | None = None  # (N, P), `labels.loss_weights`; None: all labels count the same
    groups: Sequence[int] | None = None  # N: images of one prompt share a number
    kept: KeptTrunk | None = None  # N: the kept outputs of frozen blocks; None: not kept

    def __post_init__(self) -> None:
        if not self.targets.isfinite().any():
            raise LearningError(f"none of {len(self.targets)} images has a label to train on")
        _require(~self.targets.isinf(), "label", "is infinite")
        if self.weights is not None:
            proper = self.weights.isfinite() & (self.weights >= 0)
            _require(proper, "weight of the label", "is not a number from 0")

    def __len__(self) -> int:
        return len(self.targets)

    def tensors(self) -> dict[str, Tensor]:
        """Everything but the images, which are stored elsewhere, by name."""
        named = {"ids": self.input_ids, "mask": self.attention_mask, "targets": self.targets}
        if self.weights is not None:
            named["weights"] = self.weights
        return named if self.groups is None else named | {"groups": torch.tensor(self.groups)}


def _require(proper: Tensor, what: str, problem: str) -> None:
    """`proper` (N, P): raises LearningError for the first row that has something else."""
    if not proper.all():
        row = int((~proper).any(dim=1).nonzero()[0])
        raise LearningError(f"the {what} of image {row} {problem}; correct or remove it")
