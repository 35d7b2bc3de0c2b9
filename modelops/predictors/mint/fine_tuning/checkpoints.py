"""Checkpoints of a training run, as safetensors: trained weights, optimizer, curve, best weights.

The rest of a run's state, the schedule's place and all randomness, follows from the number of steps
that are done.
"""

import json
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from workbench.core.files import sync

from ....learning.curves import Curve
from ..streaming import write_state

FORMAT_VERSION = "2"
#: Seconds of training that a killed run may have to repeat.
SAVE_SECONDS = 300.0
#: Bytes up to which each epoch has a checkpoint. At full size it is gigabytes, and an epoch from
#: the trunk cache may take a GPU less time than writing them.
_EACH_EPOCH_BYTES = 2**28
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")
_CURVES = {"curve/losses", "curve/validation"}


class SeededRecipe(Protocol):
    """How a training proceeds, including its randomness."""

    @property
    def seed(self) -> int: ...

    def to_json(self) -> dict[str, Any]: ...


@dataclass
class Checkpoint:
    """The state of the training of `weights` by `optimizer`, after as many steps as the curve has
    losses.

    `origin` names what it started from (`streaming.fingerprint` of weights and data). `best` holds
    the weights after the epoch with the best validation, on the processor; it is empty before the
    first, and if nothing is validated.
    """

    recipe: SeededRecipe
    origin: str
    weights: Mapping[str, nn.Parameter]
    optimizer: torch.optim.Adam
    curve: Curve
    best: dict[str, Tensor] = field(default_factory=dict)

    def about(self) -> dict[str, str]:
        """What a file must say so that this run may continue from it."""
        recipe = json.dumps(self.recipe.to_json(), sort_keys=True)
        return {"version": FORMAT_VERSION, "origin": self.origin, "recipe": recipe}


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Replaces the file as a whole. Raises OSError if the disk is full; the old one stays."""
    tensors = _tensors(checkpoint)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written tensor by tensor: in memory it would be there twice, gigabytes at full size.
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        written = Path(folder) / path.name
        write_state(written, tensors, about=checkpoint.about())
        written.replace(path)
    sync(path.parent)


def load_checkpoint(path: Path, checkpoint: Checkpoint) -> bool:
    """Restores weights, optimizer, curve and best weights as they were when the file was saved.

    Returns False, changing nothing, if the file is absent or damaged, or not a checkpoint of this
    recipe, these weights and these data.
    """
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 -- not a dict
    except (SafetensorError, OSError):
        return False
    if not checkpoint.about().items() <= about.items() or not _fits(tensors, checkpoint):
        return False
    _restore(checkpoint, tensors)
    return True


class Saving:
    """When and where a run's checkpoints are written; `steps` of the run are in the one there."""

    def __init__(self, path: Path, seconds: float, steps: int = 0) -> None:
        self._path, self._seconds, self._steps = path, seconds, steps
        self._saved = time.monotonic()

    def after_step(self, state: Checkpoint) -> None:
        """Writes if so many seconds of training would be lost without it."""
        if self._is_due:
            self._save(state)

    def after_epoch(self, state: Checkpoint) -> None:
        """Writes if the file is small, or as `after_step`."""
        size = sum(tensor.nbytes for tensor in _tensors(state).values())
        if self._is_due or size <= _EACH_EPOCH_BYTES:
            self._save(state)

    def at_end(self, state: Checkpoint) -> None:
        """Writes what is not written yet: a run that continues must find the same bits."""
        if len(state.curve.losses) != self._steps:
            self._save(state)

    @property
    def _is_due(self) -> bool:
        return time.monotonic() - self._saved >= self._seconds

    def _save(self, state: Checkpoint) -> None:
        save_checkpoint(self._path, state)
        self._saved, self._steps = time.monotonic(), len(state.curve.losses)


def _tensors(checkpoint: Checkpoint) -> dict[str, Tensor]:
    """Everything that a file holds, by name, on the device where it is."""
    tensors: dict[str, Tensor] = {
        "curve/losses": torch.tensor(checkpoint.curve.losses, dtype=torch.float64),
        "curve/validation": torch.tensor(checkpoint.curve.validation, dtype=torch.float64),
    }
    for name, weight in checkpoint.weights.items():
        tensors[f"weight/{name}"] = weight
        for moment in _MOMENTS:
            tensors[f"{moment}/{name}"] = checkpoint.optimizer.state[weight][moment]
    return tensors | {f"best/{name}": weight for name, weight in checkpoint.best.items()}


def _fits(tensors: Mapping[str, Tensor], checkpoint: Checkpoint) -> bool:
    """Whether the tensors are those of this run, in number and shape."""
    shapes = {name: weight.shape for name, weight in checkpoint.weights.items()}
    wanted = {
        f"{kind}/{name}": shapes[name] for kind in ("weight", *_MOMENTS[:2]) for name in shapes
    }
    wanted |= {f"step/{name}": torch.Size() for name in shapes}
    if any(name.startswith("best/") for name in tensors):
        wanted |= {f"best/{name}": shapes[name] for name in shapes}
    found = {name: item.shape for name, item in tensors.items() if name not in _CURVES}
    return found == wanted and tensors.keys() >= _CURVES


def _restore(checkpoint: Checkpoint, tensors: Mapping[str, Tensor]) -> None:
    with torch.no_grad():
        for name, weight in checkpoint.weights.items():
            weight.copy_(tensors[f"weight/{name}"])
            checkpoint.optimizer.state[weight] = {
                moment: _beside(tensors[f"{moment}/{name}"], weight, moment) for moment in _MOMENTS
            }
    checkpoint.curve.losses = tensors["curve/losses"].tolist()
    checkpoint.curve.validation = tensors["curve/validation"].tolist()
    prefix = "best/"
    checkpoint.best = {
        name.removeprefix(prefix): item for name, item in tensors.items() if name.startswith(prefix)
    }


def _beside(value: Tensor, weight: Tensor, moment: str) -> Tensor:
    """Moments are on the weight's device; Adam keeps its step counters on the CPU."""
    return value if moment == "step" else value.to(weight.device)
