"""Stage 1 fine-tuning: a plain torch loop that can be killed at any moment and continue.

L1 loss on the labelled perspectives, Adam, cosine schedule, first blocks frozen (MINT-IQA, arXiv
2405.07346, section 5; released code, `train_stage1.py`), and the options that `Recipe` adds. An
epoch's order follows from (seed, epoch), a step's dropout from (seed, step): continuing after any
step gives the same weights as never having stopped, to the bit on a processor with as many threads.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor, nn

from ....learning.curves import Curve
from ....learning.errors import DivergedError, LearningError
from ....learning.rates import rate_at, set_rate
from ....learning.recipe import Recipe
from ....learning.seeds import DROPOUT, ORDER, seed_of
from ..modeling import MintIQAModel
from ..streaming import fingerprint
from .adapters import merge_adapters
from .checkpoints import SAVE_SECONDS, Checkpoint, Saving, load_checkpoint
from .data import Progress, TrainingData
from .devices import device_errors, in_bfloat16
from .losses import opinion_loss
from .teams import ALONE, Team
from .trunk import Scorer, Trunk, freeze, trunk_blocks
from .trunk_cache import TrunkCache
from .validation import Parts, draw_parts


def fine_tune(
    model: MintIQAModel,
    data: TrainingData,
    recipe: Recipe,
    checkpoint: Path,
    progress: Progress,
    team: Team = ALONE,
    save_seconds: float = SAVE_SECONDS,
) -> Curve:
    """Trains `model` in place for `recipe.epochs`, from `checkpoint` if one of this run exists.

    Every `save_seconds`, and after each epoch if it is small, the checkpoint is replaced as a
    whole. One that cannot be read, or that is of another recipe, model or labels, is ignored: the
    run starts again. Leaves the model in evaluation mode with all parameters unfrozen. `team`: the
    processes that call this side by side (`accelerated.fine_tune_together` starts them).
    Raises LearningError if the labels do not suffice, DivergedError if the loss is not a number
    any more, DeviceError if the device gives up, OSError if the disk is full.
    """
    with device_errors(model.query_tokens.device, recipe):
        training = _Training(model, data, recipe, team)
        load_checkpoint(checkpoint, training.state)
        done = len(training.state.curve.losses)
        training.run(Saving(checkpoint, save_seconds, done), progress)
        return training.state.curve


class _Training:
    """The parts of one run."""

    def __init__(self, model: MintIQAModel, data: TrainingData, recipe: Recipe, team: Team) -> None:
        self.model, self.data, self.recipe, self.team = model, data, recipe, team
        self.parts = _parts(data, recipe)
        self.weights = torch.ones_like(data.targets) if data.weights is None else data.weights
        origin = fingerprint([*model.state_dict().items(), *data.tensors().items()])
        freeze(model, recipe)
        trained = {name: item for name, item in model.named_parameters() if item.requires_grad}
        optimizer = torch.optim.Adam(trained.values(), lr=recipe.learning_rate)
        #: Optimizer steps of one epoch.
        self.steps = math.ceil(len(self.parts.training) / (recipe.batch_size * recipe.accumulation))
        self.state = Checkpoint(recipe, origin, trained, optimizer, Curve(self.steps))
        self.trunk, self.cache = Trunk(model, recipe), _trunk_cache(model, data, recipe)
        self.scorer = team.wrap(Scorer(model, recipe))

    def run(self, saving: Saving, progress: Progress) -> None:
        """Trains the epochs that are left and puts the best weights in place."""
        state, curve = self.state, self.state.curve
        total = self.recipe.epochs * self.steps
        while len(curve.losses) < total and not curve.is_over(self.recipe.patience):
            self._epoch(saving, progress)
            if self.parts.validation:
                self._validate()
            if self.cache is not None:
                self.cache.flush()
            if self.team.leads:
                saving.after_epoch(state)
        if self.team.leads:
            saving.at_end(state)
        if state.best and not curve.latest_is_best:
            _put(state.weights, state.best)
        if self.recipe.lora_rank:
            merge_adapters(self.model)
        self.model.train(False).requires_grad_(True)

    def _epoch(self, saving: Saving, progress: Progress) -> None:
        """The steps of an epoch that are left; it is saved by the caller, with its validation."""
        self.model.train()
        epoch, first = divmod(len(self.state.curve.losses), self.steps)
        for step, rows in islice(enumerate(self._batches(epoch)), first, None):
            self.state.curve.losses.append(self._step(rows, epoch * self.steps + step))
            if self.team.leads:
                progress("training", epoch * self.steps + step + 1, self.recipe.epochs * self.steps)
                if step + 1 < self.steps:
                    saving.after_step(self.state)

    def _batches(self, epoch: int) -> Iterator[list[int]]:
        """The rows of each step of an epoch."""
        rows, size = self.parts.training, self.recipe.batch_size * self.recipe.accumulation
        generator = torch.Generator().manual_seed(seed_of(self.recipe.seed, ORDER, epoch))
        order = torch.randperm(len(rows), generator=generator).tolist()
        for start in range(0, len(rows), size):
            yield [rows[place] for place in order[start : start + size]]

    def _step(self, rows: list[int], step: int) -> float:
        """Moves the weights once, by the gradient of all `rows`; their loss."""
        torch.manual_seed(seed_of(self.recipe.seed, DROPOUT, step, self.team.number))
        rate = rate_at(step, self.recipe.epochs * self.steps, self.recipe.warmup)
        set_rate(self.state.optimizer, self.recipe.learning_rate * rate)
        self.state.optimizer.zero_grad(set_to_none=True)
        loss = float(self._gradients(rows))
        if not math.isfinite(loss):
            raise self._diverged(f"the loss is {loss} at step {step + 1}")
        self.state.optimizer.step()
        return loss

    def _gradients(self, rows: list[int]) -> Tensor:
        """Adds up the gradients of `rows`, batch by batch; their loss, a scalar."""
        size, total = self.recipe.batch_size, torch.zeros((), device=self.device)
        for start in range(0, len(rows), size):
            batch = rows[start : start + size]
            last = start + size >= len(rows)
            # Between processes gradients are averaged once, when all of them are added up.
            with nullcontext() if last else self.team.apart(self.scorer):
                loss = self._loss(batch) * (len(batch) / len(rows))
                loss.backward()
            total += loss.detach()
        return total

    def _loss(self, rows: list[int]) -> Tensor:
        scores = self._scores(rows)
        targets, weights = self.data.targets[rows], self.weights[rows]
        return opinion_loss(scores, targets.to(self.device), weights.to(self.device), self.recipe)

    def _scores(self, rows: list[int]) -> Tensor:
        """(len(rows), P): each process computes its share, and all know the whole."""
        mine = self.team.share(rows)
        hidden = self._hidden(mine)
        ids, mask = self.data.input_ids[mine], self.data.attention_mask[mine]
        scores = self.scorer(hidden, ids.to(self.device), mask.to(self.device))
        return self.team.gather(scores)[: len(rows)]

    def _hidden(self, rows: list[int]) -> Tensor:
        """(len(rows), patches + 1, Dv): the frozen blocks' output, computed or cached."""
        if self.cache is not None:
            return self.cache(rows)
        return self.trunk(self.data.pixels(rows).to(self.device))

    @torch.no_grad()
    def _validate(self) -> None:
        """The mean absolute error on the part that is not trained on; keeps the best weights."""
        self.model.train(False)
        size, aside = self.recipe.batch_size, self.parts.validation
        scores = torch.cat(
            [self._scores(aside[start : start + size]) for start in range(0, len(aside), size)]
        )
        targets = self.data.targets[aside].to(self.device)
        error = float((scores - targets)[targets.isfinite()].abs().mean())
        if not math.isfinite(error):
            raise self._diverged(f"the validation error is {error}")
        self.state.curve.validation.append(error)
        if self.state.curve.latest_is_best:
            self.state.best = {
                name: item.detach().cpu().clone() for name, item in self.state.weights.items()
            }

    def _diverged(self, what: str) -> DivergedError:
        return DivergedError(
            f"{what}, in epoch {len(self.state.curve.losses) // self.steps + 1}; train with a "
            f"lower learning_rate than {self.recipe.learning_rate}, or more warmup, or in "
            "precision=float32"
        )

    @property
    def device(self) -> torch.device:
        return self.model.query_tokens.device


def _trunk_cache(model: MintIQAModel, data: TrainingData, recipe: Recipe) -> TrunkCache | None:
    """None if nothing is frozen, or nothing is to be kept."""
    blocks = trunk_blocks(model, recipe)
    if data.kept is None or not blocks or not recipe.trunk_cache:
        return None
    return TrunkCache(
        model,
        data.kept.images,
        data.pixels,
        data.kept.folder,
        blocks=blocks,
        bfloat16=in_bfloat16(model.query_tokens.device, recipe),
    )


def _parts(data: TrainingData, recipe: Recipe) -> Parts:
    groups = range(len(data)) if data.groups is None else data.groups
    parts = draw_parts(groups, recipe.validation_share, recipe.seed)
    for rows, use in ((parts.training, "to train on"), (parts.validation, "for validation")):
        if rows and not data.targets[rows].isfinite().any():
            raise LearningError(
                f"none of the {len(rows)} images that were drawn {use} has a label; "
                "label more images, or set validation_share to 0"
            )
    return parts


@torch.no_grad()
def _put(weights: Mapping[str, nn.Parameter], values: Mapping[str, Tensor]) -> None:
    for name, weight in weights.items():
        weight.copy_(values[name])
