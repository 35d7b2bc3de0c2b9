"""Graphs of few images, with a capture that repeats the work on the processor."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from modelops.predictors.hardware import DeviceError
from modelops.predictors.mint.checkpoint import LoadedModel
from modelops.predictors.mint.engine import Engine, Item
from modelops.predictors.mint.graphs import CudaCapture, Pool

Inputs = tuple[Tensor, Tensor, Tensor]
#: Of one, two and many word pieces.
PROMPTS = ["cat", "two red circles left of a blue square on grass " * 2, "snow " * 60]


class Recorded:
    """Repeats the work on the inputs that were there at the capture, as a graph does."""

    def __init__(self, refuse: Callable[[int], RuntimeError | None] = lambda _: None) -> None:
        self.shapes: list[tuple[int, int]] = []
        self.refused: list[int] = []
        self.repeated = 0
        self._refuse = refuse

    def __call__(self, pool: Pool, inputs: Inputs) -> Pool:
        kept = tuple(tensor.clone() for tensor in inputs)
        size = len(kept[1])
        if error := self._refuse(size):
            self.refused.append(size)
            raise error
        self.shapes.append((size, kept[1].shape[1]))

        def repeat(*given: Tensor) -> Tensor:
            self.repeated += 1
            for mine, theirs in zip(kept, given, strict=True):
                mine.copy_(theirs)
            return pool(*kept)

        return repeat


def batch(loaded: LoadedModel, images: int) -> tuple[Tensor, list[str]]:
    size = loaded.processor.image_size
    pixels = torch.randint(0, 256, (images, 3, size, size), dtype=torch.uint8)
    return pixels, [PROMPTS[number % 2] for number in range(images)]


def same(
    loaded: LoadedModel, engine: Engine, images: int, prompts: list[str] | None = None
) -> None:
    pixels, given = batch(loaded, images)
    prompts = prompts or given
    expected = Engine(loaded).pooled(pixels, prompts)
    torch.testing.assert_close(engine.pooled(pixels, prompts), expected, atol=1e-5, rtol=0)


def test_shapes_repeat_and_numbers_are_those_without_graphs(loaded: LoadedModel) -> None:
    recorded = Recorded()
    engine = Engine(loaded, capture=recorded)
    for images in (1, 3, 4, 3, 1, 64):
        same(loaded, engine, images)
    assert [size for size, _ in recorded.shapes] == [1, 4, 64]
    assert {length for _, length in recorded.shapes} <= {16, 24, 40}
    assert recorded.repeated == 6
    same(loaded, engine, 65)  # more images than any graph has
    assert recorded.repeated == 6


def test_a_prompt_longer_than_any_graph_s_loses_nothing(loaded: LoadedModel) -> None:
    long = loaded.processor.tokenizer(PROMPTS[2:])[0]
    assert long.shape[1] == loaded.model.config.max_prompt_tokens == 35
    recorded = Recorded()
    engine = Engine(loaded, capture=recorded)
    same(loaded, engine, 2, [PROMPTS[2], "cat"])
    assert recorded.shapes == [(2, 40)]
    graphs = engine._pool
    graphs._lengths = (16, 24)  # type: ignore[attr-defined]  # as if prompts had grown
    same(loaded, engine, 2, [PROMPTS[2], "cat"])
    assert recorded.repeated == 1


def test_full_memory_leaves_the_smaller_graphs(
    loaded: LoadedModel, caplog: pytest.LogCaptureFixture
) -> None:
    full = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
    recorded = Recorded(lambda size: full if size > 2 else None)
    engine = Engine(loaded, capture=recorded)
    for images in (8, 8, 2, 4, 1):
        same(loaded, engine, images)
    assert recorded.refused == [8, 4]
    assert [size for size, _ in recorded.shapes] == [2, 1]
    assert "no CUDA graph for 8 images: the GPU's memory is too full" in caplog.text


def test_what_cannot_be_captured_is_tried_once(
    loaded: LoadedModel, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = RuntimeError("CUDA error: operation not permitted when stream is capturing\nCompile")
    recorded = Recorded(lambda _: wrong)
    engine = Engine(loaded, capture=recorded)
    with caplog.at_level(logging.WARNING):
        for images in (2, 1, 2):
            same(loaded, engine, images)
    assert recorded.refused == [2]
    assert "not permitted when stream is capturing; all are computed without one" in caplog.text


def test_a_gpu_that_is_lost_within_a_graph_is_named(
    loaded: LoadedModel, image_files: list[Path]
) -> None:
    lost = RuntimeError("CUDA error: unspecified launch failure")

    def capture(_pool: Pool, _inputs: Inputs) -> Pool:
        def repeat(*_: Tensor) -> Tensor:
            raise lost

        return repeat

    engine = Engine(loaded, capture=capture)
    with pytest.raises(DeviceError, match="the GPU no longer answers"):
        engine.embed([Item(path, "cat") for path in image_files])


def test_the_tail_of_a_run_goes_by_a_graph(loaded: LoadedModel, image_files: list[Path]) -> None:
    recorded = Recorded()
    engine = Engine(loaded, batch_size=4, workers=1, capture=recorded)
    items = [Item(path, "cat") for path in image_files]
    found, expected = engine.embed(items).values, Engine(loaded).embed(items).values
    np.testing.assert_allclose(found, expected, atol=1e-5)
    # A processor's core takes three of the five, then two.
    assert recorded.shapes == [(4, 16), (2, 16)]


class Cuda:
    """Stands for torch.cuda: notes what is done in which order. A stream is a name."""

    def __init__(self, fails: bool) -> None:
        self.done: list[object] = []
        self.stream_now, self._fails = "usual", fails

    def put(self, monkeypatch: pytest.MonkeyPatch) -> "Cuda":
        stands = {
            "device": nullcontext,
            "current_stream": lambda: Stream(self.stream_now),
            "set_stream": lambda stream: setattr(self, "stream_now", stream.name),
            "Stream": lambda: Stream("side"),
            "stream": self.on,
            "CUDAGraph": lambda: self,
            "graph": self.graph,
        }
        for name, stand in stands.items():
            monkeypatch.setattr(torch.cuda, name, stand)
        return self

    @contextmanager
    def on(self, stream: "Stream") -> Iterator[None]:
        self.stream_now = stream.name
        yield
        self.stream_now = "usual"

    @contextmanager
    def graph(self, _graph: "Cuda", pool: object, capture_error_mode: str) -> Iterator[None]:
        self.done.append(("capture", pool, capture_error_mode))
        self.stream_now = "captures"
        yield
        if self._fails:  # as torch, which leaves its stream in place then
            raise RuntimeError("CUDA error: operation failed due to a previous error")
        self.stream_now = "usual"

    def pool(self) -> str:
        return "shared"

    def replay(self) -> None:
        self.done.append("replay")


@dataclass
class Stream:
    name: str

    def wait_stream(self, _other: "Stream") -> None:
        pass


def small_batch() -> Inputs:
    ids = torch.arange(4).view(2, 2)
    return torch.zeros(2, 3, 4, 4, dtype=torch.uint8), ids, torch.ones_like(ids)


def test_a_capture_warms_up_elsewhere_and_graphs_share_their_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cuda, capture = Cuda(fails=False).put(monkeypatch), CudaCapture()

    def pool(_pixels: Tensor, ids: Tensor, _mask: Tensor) -> Tensor:
        cuda.done.append(cuda.stream_now)
        return ids * 2

    pixels, ids, mask = small_batch()
    repeat = capture(pool, (pixels, ids, mask))
    capture(pool, (pixels, ids, mask))
    own = ["side", "side"]  # the warm-ups
    assert cuda.done == [
        *(*own, ("capture", None, "thread_local"), "captures"),
        *(*own, ("capture", "shared", "thread_local"), "captures"),
    ]
    found = repeat(pixels, ids + 1, mask)
    assert cuda.done[-1] == "replay"
    # Nothing computes here, so it is what was captured: a copy, which the next one leaves alone.
    assert torch.equal(found, ids * 2)
    found.zero_()
    assert torch.equal(repeat(pixels, ids, mask), ids * 2)


def test_a_capture_that_fails_leaves_the_stream_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = Cuda(fails=True).put(monkeypatch)
    with pytest.raises(RuntimeError, match="due to a previous error"):
        CudaCapture()(lambda _pixels, ids, _mask: ids, small_batch())
    assert cuda.stream_now == "usual"
