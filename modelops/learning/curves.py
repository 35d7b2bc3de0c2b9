"""How a training went: its losses, and which epoch was the best."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Curve:
    """`losses` of each step; `validation`, mean absolute error on 0…1 after each epoch, if a
    part of the pool was set aside for it; `steps` of one epoch."""

    steps: int
    losses: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)

    @property
    def best_epoch(self) -> int | None:
        """Counted from 1; the first of equals."""
        if not self.validation:
            return None
        return self.validation.index(min(self.validation)) + 1

    @property
    def latest_is_best(self) -> bool:
        return self.best_epoch == len(self.validation)

    def is_over(self, patience: int) -> bool:
        """Whether `patience` epochs have gone by without a better one; never with 0."""
        best = self.best_epoch
        return bool(patience) and best is not None and len(self.validation) - best >= patience

    def epoch_losses(self) -> list[float]:
        """The mean loss of each epoch's steps."""
        starts = range(0, len(self.losses), self.steps)
        epochs = [self.losses[start : start + self.steps] for start in starts]
        return [sum(losses) / len(losses) for losses in epochs]

    def summary(self) -> dict[str, Any]:
        """By epoch: few numbers, however long the training was."""
        return {
            "losses": self.epoch_losses(),
            "validation": self.validation,
            "best_epoch": self.best_epoch,
        }

    def to_json(self) -> dict[str, Any]:
        return {
            "steps": self.steps,
            "losses": self.losses,
            "validation": self.validation,
            "best_epoch": self.best_epoch,
        }
