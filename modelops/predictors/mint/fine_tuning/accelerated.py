"""Stage 1 fine-tuning by several processes of one machine, each on its share of every batch: one
per GPU, or on the cores of a processor, where they talk over the loopback interface only.

The parent starts them, reports their progress and outlives them; they end when it does.
`accelerate` places the model, averages gradients and gathers scores.
"""

import os
import shutil
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from multiprocessing.process import BaseProcess
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from ....learning.curves import Curve
from ....learning.errors import TeamBrokenError
from ....learning.recipe import Recipe
from ...hardware import DeviceError
from ..configuration import MintIQAConfig
from ..modeling import MintIQAModel
from ..streaming import write_state
from .checkpoints import SAVE_SECONDS
from .data import Progress, TrainingData
from .training import fine_tune

if TYPE_CHECKING:
    from accelerate import Accelerator

#: Not forked: locks of torch's threads would stay locked forever, and CUDA refuses to fork.
START_METHOD = "spawn"
#: Seconds between two checks of the processes, and for the others to end after one has.
_INTERVAL, _GRACE = 0.1, 3.0


@dataclass(frozen=True)
class _Task:
    """What each process is told; they exchange weights in `folder`."""

    config: MintIQAConfig
    data: TrainingData
    recipe: Recipe
    checkpoint: Path
    save_seconds: float
    folder: Path
    device: str
    threads: int


def fine_tune_together(
    model: MintIQAModel,
    data: TrainingData,
    recipe: Recipe,
    checkpoint: Path,
    progress: Progress,
    save_seconds: float = SAVE_SECONDS,
) -> Curve:
    """Like `training.fine_tune`, by `recipe.processes` processes next to this one.

    `data.pixels` is sent to them, so it must be a value (`pixels.ImageFiles`) or a function of a
    module. Raises what `fine_tune` raises; DeviceError if there are fewer GPUs than processes;
    TeamBrokenError if one of them is killed.
    """
    device = model.query_tokens.device
    require_devices(device.type, recipe)
    nn.Module.to(model, "cpu")  # one of the processes needs its GPU
    threads = max(1, torch.get_num_threads() // recipe.processes)
    with _folder(checkpoint.with_suffix(".together")) as folder:
        write_state(folder / "start", model.state_dict())
        task = _Task(
            model.config, data, recipe, checkpoint, save_seconds, folder, device.type, threads
        )
        curve = _watch(task, progress)
        model.load_state_dict(load_file(folder / "end"))
    nn.Module.to(model, device).train(False).requires_grad_(True)
    return curve


def require_devices(device: str, recipe: Recipe) -> None:
    found = torch.cuda.device_count()
    if device == "cuda" and recipe.processes > found:
        raise DeviceError(
            f"recipe: processes is {recipe.processes}, but this machine has {found} GPUs; "
            f"retrain with processes={found}"
        )


@contextmanager
def _folder(path: Path) -> Iterator[Path]:
    """An empty folder for the block's duration."""
    shutil.rmtree(path, ignore_errors=True)  # of an attempt that was killed
    path.mkdir(parents=True)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


# --- The parent


def _watch(task: _Task, progress: Progress) -> Curve:
    """Runs the processes to their end. What the leader says last is the curve."""
    context: Any = get_context(START_METHOD)
    told: SimpleQueue[Any] = context.SimpleQueue()
    members: list[BaseProcess] = [
        context.Process(target=_member, args=(number, task, told), daemon=True)
        for number in range(task.recipe.processes)
    ]
    try:
        for member in members:
            member.start()
        return _listen(members, told, progress)
    finally:
        for member in members:
            if member.pid is not None:
                member.kill()
                member.join()


def _listen(members: list[BaseProcess], told: "SimpleQueue[Any]", progress: Progress) -> Curve:
    curve: Curve | None = None
    errors: list[Exception] = []
    while True:
        # Checked before the queue: whatever an ended process reported is in it by then.
        running = [member.sentinel for member in members if member.exitcode is None]
        failed = any(member.exitcode for member in members)
        while not told.empty():
            match told.get():
                case Curve() as said:
                    curve = said
                case Exception() as error:
                    errors.append(error)
                case done, total:
                    progress("training", done, total)
        if failed or errors:
            raise _failure(members, told, errors)
        if not running:
            break
        connection.wait(running, _INTERVAL)
    if curve is None:
        raise TeamBrokenError("the training processes ended without a result")
    return curve


def _failure(
    members: list[BaseProcess], told: "SimpleQueue[Any]", errors: list[Exception]
) -> Exception:
    """Why a process ended: its own error, unless another was killed, so that the others fail."""
    for member in members:
        member.join(_GRACE)
    for number, member in enumerate(members):
        if member.exitcode is not None and member.exitcode < 0:
            return TeamBrokenError(
                f"process {number} of {len(members)} was ended by signal {-member.exitcode}"
            )
    while not told.empty():
        said = told.get()
        errors += [said] if isinstance(said, Exception) else []
    return errors[0] if errors else TeamBrokenError("a training process ended without a message")


# --- Each of the processes


def _member(number: int, task: _Task, told: "SimpleQueue[Any]") -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(task.threads)
    try:
        team = _Accelerated(_accelerator(number, task))
        model = MintIQAModel(task.config)
        model.load_state_dict(load_file(task.folder / "start"))
        curve = fine_tune(
            nn.Module.to(model, team.device),
            task.data,
            task.recipe,
            task.checkpoint,
            lambda stage, done, total: told.put((done, total)),
            team,
            task.save_seconds,
        )
        if team.leads:
            write_state(task.folder / "end", model.state_dict())
            told.put(curve)
    except Exception as error:
        told.put(error)
        raise
    torch.distributed.destroy_process_group()


def _end_with_parent() -> None:
    """Ends this process once its parent has ended: a parent that was killed cannot do it."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _accelerator(number: int, task: _Task) -> "Accelerator":
    """Joins the other processes."""
    from accelerate import Accelerator

    count = task.recipe.processes
    os.environ |= {
        "RANK": str(number),
        "LOCAL_RANK": str(number),
        "WORLD_SIZE": str(count),
        "LOCAL_WORLD_SIZE": str(count),
        "OMP_NUM_THREADS": str(task.threads),
        # Nobody else can join, and no host name has to be resolved.
        "GLOO_SOCKET_IFNAME": _loopback(),
        "NCCL_SOCKET_IFNAME": _loopback(),
    }
    # Through a file: a port that is free now may be taken by the time it is used.
    torch.distributed.init_process_group(
        "gloo" if task.device == "cpu" else "nccl",
        init_method=(task.folder / "meeting").as_uri(),
        rank=number,
        world_size=count,
    )
    return Accelerator(cpu=task.device == "cpu")


def _loopback() -> str:
    """`lo` on Linux, `lo0` on a Mac."""
    return next((name for _, name in socket.if_nameindex() if name.startswith("lo")), "lo")


class _Accelerated:
    """A `teams.Team` by `accelerate`."""

    def __init__(self, accelerator: "Accelerator") -> None:
        self._accelerator = accelerator
        self._count: int = accelerator.num_processes
        self.number: int = accelerator.process_index
        self.device: torch.device = accelerator.device

    @property
    def leads(self) -> bool:
        return self.number == 0

    def wrap(self, scorer: nn.Module) -> nn.Module:
        wrapped: nn.Module = self._accelerator.prepare_model(scorer)
        return wrapped

    def apart(self, scorer: nn.Module) -> AbstractContextManager[None]:
        block: AbstractContextManager[None] = self._accelerator.no_sync(scorer)
        return block

    def share(self, rows: Sequence[int]) -> list[int]:
        size = -(-len(rows) // self._count)
        mine = list(rows[self.number * size : (self.number + 1) * size])
        return mine + [rows[-1]] * (size - len(mine))

    def gather(self, scores: Tensor) -> Tensor:
        if scores.requires_grad:
            # Each process has the loss of the whole batch, but its gradient by its own rows only:
            # the average over processes is a share of the sum.
            scores.register_hook(lambda gradient: gradient * self._count)
        everyone: Tensor = self._accelerator.gather(scores.detach())
        start = self.number * len(scores)
        return torch.cat([everyone[:start], scores, everyone[start + len(scores) :]])
