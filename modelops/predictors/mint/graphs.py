"""CUDA graphs of few images: launching a full-size model's thousand kernels one by one takes longer
than computing them for one image.

A graph repeats what was computed once, in the same place of memory; so inputs are padded to a few
shapes, each of which is captured when it is first seen. Source: torch's "CUDA Graphs" notes.
"""

import logging
from bisect import bisect_left
from collections.abc import Callable
from threading import Lock
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from ..hardware import is_out_of_memory

log = logging.getLogger(__name__)

#: uint8 (B, 3, S, S), int64 (B, L) and (B, L) → float32 (B, Dq).
Pool = Callable[[Tensor, Tensor, Tensor], Tensor]
#: Images of a graph; fewer are filled up. More keep a GPU busy while their kernels are launched.
_SIZES = (1, 2, 4, 8, 16, 32, 64)
#: Tokens of a graph's prompts; a published prompt has 35 at most. With 8 or 32 queries before them
#: they are multiples of 8, as attention with a mask needs them on a GPU.
_LENGTHS = (16, 24, 40)
#: Before a capture, so that libraries have chosen and loaded their kernels.
_WARM_UPS = 2


class Capture(Protocol):
    """Records what `pool` computes for inputs of one shape."""

    def __call__(self, pool: Pool, inputs: tuple[Tensor, Tensor, Tensor], /) -> Pool:
        """What repeats it for others of that shape. Raises RuntimeError if it cannot."""


class Graphs:
    """A `Pool` that goes by graphs where it can, and computes as usual where it cannot.

    positions: how many tokens the model has places for.
    """

    def __init__(self, pool: Pool, capture: Capture, *, positions: int) -> None:
        self._pool, self._capture = pool, capture
        self._lengths = tuple(length for length in _LENGTHS if length <= positions)
        self._sizes: tuple[int, ...] = _SIZES
        self._graphs: dict[tuple[int, int], Pool] = {}
        self._lock = Lock()

    def __call__(self, pixels: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
        size, length = _next(self._sizes, len(ids)), _next(self._lengths, ids.shape[1])
        if size is None:
            return self._pool(pixels, ids, mask)
        if length is None:
            log.debug("no graph holds a prompt of %d tokens", ids.shape[1])
            return self._pool(pixels, ids, mask)
        filled = _filled(pixels, ids, mask, size, length)
        with self._lock:
            graph = self._graph(filled)
            if graph is not None:
                return graph(*filled)[: len(ids)]
        return self._pool(pixels, ids, mask)

    def _graph(self, inputs: tuple[Tensor, Tensor, Tensor]) -> Pool | None:
        """That of the inputs' shape; None if there can be none, which is logged once."""
        size, length = shape = (len(inputs[1]), inputs[1].shape[1])
        if shape not in self._graphs:
            try:
                self._graphs[shape] = self._capture(self._pool, inputs)
            except RuntimeError as error:
                self._give_up(size, error)
                return None
            log.debug("captured a graph of %d images and %d tokens", size, length)
        return self._graphs[shape]

    def _give_up(self, size: int, error: RuntimeError) -> None:
        """Full memory may hold smaller graphs; whatever else is wrong is wrong with all of them."""
        # Ending the capture may raise once more, of the capture and not of the memory.
        causes = (error, error.__context__)
        full = any(isinstance(it, RuntimeError) and is_out_of_memory(it) for it in causes)
        self._sizes = tuple(it for it in self._sizes if full and it < size)
        log.warning(
            "no CUDA graph for %d images: %s; %s computed without one, which is slower",
            size,
            "the GPU's memory is too full" if full else str(error).partition("\n")[0],
            "so many are" if full else "all are",
        )
        if full and torch.cuda.is_available():
            torch.cuda.empty_cache()


def _next(values: tuple[int, ...], wanted: int) -> int | None:
    """The smallest value that is enough."""
    place = bisect_left(values, wanted)
    return values[place] if place < len(values) else None


def _filled(
    pixels: Tensor, ids: Tensor, mask: Tensor, size: int, length: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Rows of zeros up to `size`, whose results nobody reads; tokens that nothing looks at up to
    `length`."""
    rows, tokens = size - len(ids), length - ids.shape[1]
    # A row needs one token to look at: a softmax over none is not a number.
    mask = functional.pad(functional.pad(mask, (0, tokens)), (0, 0, 0, rows), value=1)
    return (
        functional.pad(pixels, (0, 0, 0, 0, 0, 0, 0, rows)),
        functional.pad(ids, (0, tokens, 0, rows)),
        mask,
    )


class CudaCapture:
    """Captures on the current GPU. All graphs share their memory: they are repeated one at a time,
    and a result is copied before the next."""

    def __init__(self) -> None:
        self._memory: Any = None  # the first graph's, whose type torch keeps to itself

    def __call__(self, pool: Pool, inputs: tuple[Tensor, Tensor, Tensor]) -> Pool:
        with torch.cuda.device(inputs[0].device):
            before = torch.cuda.current_stream()
            try:
                return self._captured(pool, inputs)
            except RuntimeError:
                # torch leaves the capture's own stream in place if ending the capture fails.
                torch.cuda.set_stream(before)
                raise

    def _captured(self, pool: Pool, inputs: tuple[Tensor, Tensor, Tensor]) -> Pool:
        pixels, ids, mask = kept = tuple(tensor.clone() for tensor in inputs)
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UPS):
                pool(pixels, ids, mask)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        # Other threads pin memory meanwhile, which a global capture would forbid.
        with torch.cuda.graph(graph, pool=self._memory, capture_error_mode="thread_local"):
            result = pool(pixels, ids, mask)
        self._memory = graph.pool()

        def repeat(*given: Tensor) -> Tensor:
            for mine, theirs in zip(kept, given, strict=True):
                mine.copy_(theirs, non_blocking=True)
            graph.replay()
            return result.clone()

        return repeat
