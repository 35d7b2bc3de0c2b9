"""What rows share: the device, sizes that suit it, pictures, and how time and memory are taken."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from benchmarks.model_files import draw
from benchmarks.model_full import full_size_model, peak_gib
from modelops.predictors.mint.checkpoint import LoadedModel, load_model
from modelops.predictors.mint.engine import Item

_GIB = 2**30


@dataclass(frozen=True)
class Sizes:
    """How much is measured: of the published model on a GPU, of the bundled one without.

    preset: of stage 1. side: of the square matrices for the ceiling; copied_mib: for the bandwidth.
    seconds: that one figure is measured for. batches, small: of images, at full speed and for
    somebody who waits. drawn, images: different ones, and in all; epoch: of a training.
    answers: batches of answers; tokens: of each. questions: examples of stage 2's training; said:
    tokens of an answer in it, and answers to each question, at first and then at most.
    """

    preset: str
    side: int
    copied_mib: int
    seconds: float
    batches: tuple[int, ...]
    small: tuple[int, ...]
    drawn: int
    images: int
    epoch: int
    answers: tuple[int, ...]
    tokens: int
    questions: int
    said: tuple[tuple[int, int], tuple[int, int]]


FULL = Sizes(
    preset="vit-g", side=8192, copied_mib=2048, seconds=2.0, batches=(256, 64), small=(1, 8),
    drawn=128, images=1024, epoch=96, answers=(16, 64), tokens=48, questions=32,
    said=((60, 1), (250, 5)),
)  # fmt: skip
TOY = Sizes(
    preset="tiny", side=512, copied_mib=1, seconds=0.02, batches=(4, 2), small=(1,),
    drawn=4, images=8, epoch=32, answers=(2,), tokens=4, questions=16,
    said=((6, 1), (12, 2)),
)  # fmt: skip


@dataclass(frozen=True)
class Bench:
    """folder: for pictures and caches, the same for all rows of a run. known: the figures of rows
    before this one, by row."""

    device: torch.device
    folder: Path
    known: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        return self.device.type == "cuda"

    @property
    def sizes(self) -> Sizes:
        return FULL if self.full else TOY

    def value(self, row: str, name: str) -> float | None:
        """What an earlier row says of something, if it could be measured."""
        found = [figure[name] for figure in self.known.get(row, ()) if name in figure]
        return float(found[0]) if found else None

    def model(self) -> LoadedModel:
        """Stage 1 on the device in float32: the published sizes with random weights, or `tiny`."""
        return full_size_model(str(self.device)) if self.full else load_model("tiny")

    def items(self) -> list[Item]:
        """512 px PNG files, drawn once per run."""
        return draw(self.sizes.drawn, self.folder / "images")

    def many(self) -> list[Item]:
        """As many as a rate needs; the same files again and again."""
        drawn = self.items()
        return (drawn * (self.sizes.images // len(drawn) + 1))[: self.sizes.images]

    def pixels(self, loaded: LoadedModel, images: int) -> torch.Tensor:
        """uint8 (images, 3, S, S), random, on the device."""
        size = loaded.processor.image_size
        shape = (images, 3, size, size)
        return torch.randint(0, 256, shape, dtype=torch.uint8, device=self.device)

    def prompts(self, images: int) -> list[str]:
        drawn = self.items()
        return [drawn[place % len(drawn)].prompt for place in range(images)]

    def wait(self) -> None:
        """Until the device has done all that it was given."""
        if self.full:
            torch.cuda.synchronize()

    def seconds(self, work: Callable[[], object]) -> list[float]:
        """Of each call, as many as fill the time of a figure, after three that do not count."""
        for _ in range(3):
            work()
        self.wait()
        taken: list[float] = []
        while sum(taken) < self.sizes.seconds:
            taken.append(self.once(work))
        return taken

    def once(self, work: Callable[[], object]) -> float:
        """Seconds of one call."""
        start = time.perf_counter()
        work()
        self.wait()
        return time.perf_counter() - start

    def forget_peak(self) -> None:
        """Begins to watch how much memory is taken."""
        if self.full:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()

    def peak(self) -> float:
        """The most that was held since then, in GiB; without a GPU, of the whole process."""
        return peak_gib(self.device.type)

    def free(self) -> float:
        """GiB of the GPU that nobody uses."""
        return torch.cuda.mem_get_info()[0] / _GIB if self.full else float("inf")
