"""Gradients of stage 2 in the memory that there is.

The language model is frozen, but gradients flow through it to what stage 2 says to it, so each of
its layers keeps some of what it computed: in Vicuna-7B's sizes 4 MB for each token, which grows
with the number and length of raters' answers. If that does not fit, layers compute it again when
their gradient's turn comes, and if that does not suffice, a batch goes through in parts. See
decision 054.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint
from transformers.modeling_layers import GradientCheckpointingLayer

from ..predictors.hardware import is_out_of_memory

T = TypeVar("T")


class Gradients(Generic[T]):
    """Adds up the gradients of a batch, and remembers how that had to be done.

    loss: of some items, a scalar; weight: by what it counts in the mean over all of them.
    """

    def __init__(
        self,
        language_model: nn.Module,
        loss: Callable[[Sequence[T]], Tensor],
        weight: Callable[[Sequence[T]], float],
    ) -> None:
        self._language_model, self._loss, self._weight = language_model, loss, weight
        self.recomputes = False
        self.parts = 1

    def __call__(self, items: Sequence[T], seed: int, forget: Callable[[], object]) -> float:
        """The loss of `items`, whose gradients are in the weights' `grad` afterwards.

        seed: of all that is drawn in it; forget: empties the weights' `grad`. Raises what torch
        raises if the memory does not suffice for one item.
        """
        while True:
            torch.manual_seed(seed)
            forget()
            try:
                return self._added_up(items)
            except RuntimeError as error:
                if not is_out_of_memory(error) or not self._save_more(len(items)):
                    raise
            # Here, not above: the error keeps alive what was allocated.
            forget()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def _added_up(self, items: Sequence[T]) -> float:
        total, whole = self._weight(items), 0.0
        parts = min(self.parts, len(items))
        for part in range(parts):
            some = items[len(items) * part // parts : len(items) * (part + 1) // parts]
            with recomputed(self._language_model) if self.recomputes else nullcontext():
                loss = self._loss(some) * (self._weight(some) / total)
                loss.backward()
            whole += float(loss.detach())
        return whole

    def _save_more(self, items: int) -> bool:
        """Whether there is something left to try."""
        if not self.recomputes:
            self.recomputes = True
        elif self.parts < items:
            self.parts *= 2
        else:
            return False
        return True


@contextmanager
def recomputed(model: nn.Module) -> Iterator[None]:
    """What layers of `model` compute inside is not kept for their gradients, but computed again.

    The library's own way needs layers in training mode, where some models draw dropout: a frozen
    one must not.
    """
    layers = [it for it in model.modules() if isinstance(it, GradientCheckpointingLayer)]
    for layer in layers:
        layer.forward = partial(_again, layer.forward)
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward


def _again(forward: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return checkpoint(forward, *args, use_reentrant=False, **kwargs)
