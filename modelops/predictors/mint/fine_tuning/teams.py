"""Processes that train one model together, each on its share of every batch."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from torch import Tensor, nn


class Team(Protocol):
    """What the training loop needs from the processes that run it side by side."""

    @property
    def number(self) -> int:
        """Which of the processes this is, from 0."""

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes checkpoints and reports progress."""

    def wrap(self, scorer: nn.Module) -> nn.Module:
        """The module whose gradients are the average of all processes'."""

    def apart(self, scorer: nn.Module) -> AbstractContextManager[None]:
        """A block whose gradients stay in each process, to be averaged with later ones."""

    def share(self, rows: Sequence[int]) -> list[int]:
        """This process's part of a batch: as many rows for each, the last repeated if need be."""

    def gather(self, scores: Tensor) -> Tensor:
        """All processes' scores in the order of the batch, then those of rows that were shared out
        again; gradients flow back."""


class Alone:
    """A team of one."""

    number, leads = 0, True

    def wrap(self, scorer: nn.Module) -> nn.Module:
        return scorer

    def apart(self, scorer: nn.Module) -> AbstractContextManager[None]:
        return nullcontext()

    def share(self, rows: Sequence[int]) -> list[int]:
        return list(rows)

    def gather(self, scores: Tensor) -> Tensor:
        return scores


ALONE = Alone()
