"""Heads that exist during pretraining only, and their losses.

Every head is linear, so that what it needs must be explicit in the embedding under it. The heads
over the mean of the query embeddings matter most: a study's own linear head will be there.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..grammar import BACKGROUNDS, COLOURS, RELATIONS, SHAPES
from .cache import IMAGE_FLAWS
from .labels import NO_LABEL, PAIR_FLAWS, SLOT_CLASSES

PATCH_CLASSES = [len(COLOURS) + 1, len(SHAPES) + 1, 4, len(RELATIONS) + 1]


def _split_losses(logits: Tensor, labels: Tensor, sizes: list[int]) -> Tensor:
    """Mean cross-entropy over the columns of `labels` (…, columns); logits (…, sum of sizes)."""
    losses = []
    for column, part in enumerate(torch.split(logits, sizes, dim=-1)):
        wanted = labels[..., column].reshape(-1)
        total = functional.cross_entropy(
            part.reshape(-1, part.shape[-1]), wanted, ignore_index=NO_LABEL, reduction="sum"
        )
        losses.append(total / (wanted != NO_LABEL).sum().clamp(min=1))
    return torch.stack(losses).mean()


def accuracies(logits: Tensor, labels: Tensor, sizes: list[int]) -> list[float]:
    """The share of right classes per column, among labelled rows."""
    right = []
    for column, part in enumerate(torch.split(logits, sizes, dim=-1)):
        wanted = labels[..., column]
        known = wanted != NO_LABEL
        right.append(float((part.argmax(-1) == wanted)[known].float().mean()))
    return right


def severity_loss(predicted: Tensor, severities: Tensor, present: Tensor) -> Tensor:
    """Squared error of severities, and whether there is a flaw at all; each (batch, kinds)."""
    square = functional.mse_loss(predicted, severities)
    return 8 * square + functional.binary_cross_entropy_with_logits(
        present, (severities > 0).float()
    )


class VisionHeads(nn.Module):
    """Over the patch tokens: which object is where, on which ground, and the picture's flaws."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.patches = nn.Linear(width, sum(PATCH_CLASSES))
        self.background = nn.Linear(width, len(BACKGROUNDS))
        self.severities = nn.Linear(width, len(IMAGE_FLAWS))
        self.present = nn.Linear(width, len(IMAGE_FLAWS))

    def forward(
        self, tokens: Tensor, patches: Tensor, background: Tensor, severities: Tensor
    ) -> Tensor:
        """tokens (batch, patches, width), patches (batch, patches, 4) → loss."""
        mean = tokens.mean(dim=1)
        loss = _split_losses(self.patches(tokens), patches, PATCH_CLASSES)
        loss = loss + 0.1 * functional.cross_entropy(self.background(mean), background)
        return loss + severity_loss(self.severities(mean), severities, self.present(mean))


class SlotHeads(nn.Module):
    """Even queries speak of the prompt's first group, odd queries of its second."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.facts = nn.Linear(width, sum(SLOT_CLASSES.values()))

    def logits(self, queries: Tensor) -> Tensor:
        """queries (batch, queries, width) → (batch, 2, classes)."""
        slots = torch.stack([queries[:, slot::2].mean(dim=1) for slot in range(2)], dim=1)
        facts: Tensor = self.facts(slots)
        return facts

    def forward(self, queries: Tensor, labels: Tensor) -> Tensor:
        return _split_losses(self.logits(queries), labels, list(SLOT_CLASSES.values()))


class PooledHeads(nn.Module):
    """Over the mean query embedding: each flaw's severity; whether picture and prompt match."""

    def __init__(self, width: int) -> None:
        super().__init__()
        kinds = len(IMAGE_FLAWS) + len(PAIR_FLAWS)
        self.severities = nn.Linear(width, kinds)
        self.present = nn.Linear(width, kinds)
        self.match = nn.Linear(width, 1)

    def forward(self, pooled: Tensor, severities: Tensor) -> Tensor:
        """pooled (batch, width), severities (batch, 11: the picture's, then the pair's) → loss."""
        matching = (severities[:, len(IMAGE_FLAWS) :] == 0).all(dim=1).float()
        match = functional.binary_cross_entropy_with_logits(self.match(pooled)[:, 0], matching)
        return match + severity_loss(self.severities(pooled), severities, self.present(pooled))
