"""Many images and prompts to pooled embeddings, as fast as the machine can.

On processor cores each core takes a batch of its own, from file to embedding: no core waits for
another inside a matrix product, and none is idle while images are decoded. On a GPU all cores
decode ahead of it, up to a bound, so that it never waits for an image; many images by processes.
What was tried and did not help is in docs/decisions/021 and 051.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from ..base import Embeddings, Precision
from ..errors import UnreadableImageError
from ..hardware import device_errors, in_halves, keep_freed_memory, threads_each
from . import float8
from .checkpoint import LoadedModel
from .decoding import Decoders, Decoding
from .graphs import Capture, CudaCapture, Graphs, Pool
from .preprocessing import ImageSource, try_image_to_pixels
from .trunk import FrozenTrunk, Widths

T = TypeVar("T")
R = TypeVar("R")

#: Called with (items done, items in all) after each batch.
Progress = Callable[[int, int], None]
#: Decoded pixels uint8 (3, S, S), or why there are none.
Decoded = Tensor | UnreadableImageError

#: Images per batch on a core: enough that launching products takes no time beside them, and few
#: enough that the numbers of the widest layer (a MiB or two) stay in a cache.
_CORE_BATCHES = (8, 32)
_CORE_NUMBERS = 2**20
#: On a GPU the first batch is small: its memory tells how many images fit.
_FIRST_BATCH = 8
_MOST_IN_A_BATCH = 256
#: Share of the free GPU memory that a batch may take; the rest is for fragments and neighbours.
_MEMORY_SHARE = 0.8
_NOT_EVEN_ONE = "one image at a time; end what else uses it, or take a smaller model"
#: Batches that are decoded ahead of a GPU.
_BATCHES_AHEAD = 3
#: From so many images on, and with so many cores, decoding is worth processes of its own.
_IMAGES_FOR_PROCESSES = 256
_CORES_FOR_PROCESSES = 4


class Item(NamedTuple):
    """One image (a path or a PIL image) and the prompt it was made from."""

    image: ImageSource
    prompt: str


_Items = Sequence[tuple[ImageSource, str]]


class _Ready(NamedTuple):
    """Some consecutive items, as the model's input."""

    rows: range
    errors: dict[int, UnreadableImageError]
    #: Pixels, ids and mask of those that can be read; None if there are none.
    batch: tuple[Tensor, Tensor, Tensor] | None


class _Part(NamedTuple):
    """The results of some consecutive items."""

    rows: range
    errors: dict[int, UnreadableImageError]
    pooled: Tensor | None  # (readable images among them, Dq); None if there are none
    arrived: torch.cuda.Event | None = None  # until then `pooled` is on its way


class Engine:
    """Embeds with one model, whose weights must not change meanwhile.

    precision: `float32` gives the numbers of the released code; `bfloat16` computes the products of
    the trunk in half the width, twice as fast if the device supports it (`native_precision`), and
    on a GPU its sums, too; `fp8` has the vision blocks' linear layers in float8 (`float8`).
    batch_size: images at a time; measured on a GPU if it is not given. If memory does not suffice,
    it is halved, and stays so.
    workers: threads; by default as many as torch is set to use.
    compiled: whether torch.compile makes the model's code (minutes at first; see the decision).
    capture: how graphs of few images are made; by default CUDA's on a GPU, unless it is compiled.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        *,
        precision: Precision = "float32",
        batch_size: int | None = None,
        workers: int | None = None,
        compiled: bool = False,
        capture: Capture | None = None,
    ) -> None:
        self.device = loaded.model.device
        if self.device.type == "cpu":
            keep_freed_memory()
        products = float8.linear if precision == "fp8" else None
        self._pool: Pool = FrozenTrunk(loaded.model, _widths(loaded, precision), products)
        if compiled:
            self._pool = torch.compile(self._pool, dynamic=True)
        if capture is None and self.device.type == "cuda" and not compiled:
            capture = CudaCapture()
        if capture is not None:
            positions = loaded.model.embeddings.position_embeddings.num_embeddings
            self._pool = Graphs(self._pool, capture, positions=positions)
        self._processor = loaded.processor
        self._decoding: Decoding = try_image_to_pixels
        self._width = loaded.model.config.embedding_size
        self.workers = workers or torch.get_num_threads()
        self._sized = batch_size is not None or self.device.type == "cpu"
        self.batch_size = batch_size or (_core_batch(loaded) if self._sized else _FIRST_BATCH)

    def embed(
        self, items: Sequence[tuple[ImageSource, str]], progress: Progress | None = None
    ) -> Embeddings:
        """Pooled embeddings of all items.

        An unreadable image costs only its own row: it is named in `errors` and the rest continues.
        Raises DeviceError if even one image is too much for the memory, or the GPU is gone.
        """
        values = np.full((len(items), self._width), np.nan, dtype=np.float32)
        errors: dict[int, UnreadableImageError] = {}
        embedded = self._on_cores if self.device.type == "cpu" else self._on_device
        with device_errors(self.device, too_small_for=_NOT_EVEN_ONE):
            for part in embedded(items):
                errors |= part.errors
                if part.arrived is not None:
                    part.arrived.synchronize()
                if part.pooled is not None:
                    good = [row for row in part.rows if row not in part.errors]
                    values[good] = part.pooled.numpy()
                if progress is not None:
                    progress(part.rows.stop, len(items))
        return Embeddings(values, errors)

    def pooled(self, pixels: Tensor, prompts: Sequence[str]) -> Tensor:
        """uint8 (B, 3, S, S) and B prompts → float32 (B, Dq), on the model's device.

        In halves if memory does not suffice for all; raises what torch raises if it does not
        suffice for one.
        """
        return self._pooled(pixels, *self._processor.tokenizer(prompts))

    def _pooled(self, pixels: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
        parts = in_halves(lambda it: self._forward(pixels[it], ids[it], mask[it]), len(pixels))
        if len(parts) > 1:
            self._sized, self.batch_size = True, min(self.batch_size, max(map(len, parts)))
        return torch.cat(parts)

    def _forward(self, *batch: Tensor) -> Tensor:
        # Pixels travel as bytes, a quarter of their size as floats.
        pixels, ids, mask = (tensor.to(self.device, non_blocking=True) for tensor in batch)
        with torch.inference_mode():
            return self._pool(pixels, ids, mask)

    def _on_cores(self, items: _Items) -> Iterator[_Part]:
        # As many batches on each core, of one size: none is left with the last one.
        each = -(-len(items) // (self.workers * self.batch_size))
        size = max(1, -(-len(items) // max(1, self.workers * each)))
        streams = max(1, min(self.workers, -(-len(items) // size)))
        with threads_each(self.workers // streams), ThreadPoolExecutor(streams) as pool:
            yield from pool.map(partial(self._part, items, size), range(0, len(items), size))

    def _part(self, items: _Items, size: int, start: int) -> _Part:
        """Items `start` … on one core, from file to embedding."""
        decoded = map(self._decode, items[start : start + size])
        return self._launch(self._ready(items, start, size, decoded))

    def _on_device(self, items: _Items) -> Iterator[_Part]:
        """Batch by batch: while the GPU has one, the next is made ready, and the one before is
        collected."""
        self._start_decoders(len(items))
        bound = _BATCHES_AHEAD * (self.batch_size if self._sized else _MOST_IN_A_BATCH)
        with (
            threads_each(1),
            ThreadPoolExecutor(self.workers) as pool,
            closing(ahead_of(pool, self._decode, items, bound)) as decoding,
            ThreadPoolExecutor(1) as loader,
        ):
            running: _Part | None = None
            for ready in self._batches(items, decoding, loader):
                launched = self._launch(ready)
                if running is not None:
                    yield running
                running = launched
        if running is not None:
            yield running

    def _batches(
        self, items: _Items, decoding: Iterator[Decoded], loader: ThreadPoolExecutor
    ) -> Iterator[_Ready]:
        """Each made ready by `loader` while the one before is computed."""
        start = 0
        following: Future[_Ready] | None = None
        while start < len(items):
            if following is None:
                ready = self._ready(items, start, self.batch_size, decoding)
            else:
                ready = following.result()
            start, following = ready.rows.stop, None
            # The first batch shows how many images the next one may have.
            if self._sized and start < len(items):
                following = loader.submit(self._ready, items, start, self.batch_size, decoding)
            yield ready

    def _ready(self, items: _Items, start: int, size: int, decoding: Iterator[Decoded]) -> _Ready:
        """Up to `size` items from `start` on, whose images come out of `decoding`."""
        rows = range(start, min(start + size, len(items)))
        decoded = dict(zip(rows, islice(decoding, len(rows)), strict=True))
        errors = {row: it for row, it in decoded.items() if isinstance(it, UnreadableImageError)}
        good = [it for it in decoded.values() if isinstance(it, Tensor)]
        if not good:
            return _Ready(rows, errors, None)
        prompts = [items[row][1] for row in rows if row not in errors]
        pixels, (ids, mask) = torch.stack(good), self._processor.tokenizer(prompts)
        if self.device.type == "cuda":
            pixels, ids, mask = pixels.pin_memory(), ids.pin_memory(), mask.pin_memory()
        return _Ready(rows, errors, (pixels, ids, mask))

    def _launch(self, ready: _Ready) -> _Part:
        if ready.batch is None:
            return _Part(ready.rows, ready.errors, None)
        with self._finding_batch_size(len(ready.batch[0])):
            pooled = self._pooled(*ready.batch)
        if self.device.type != "cuda":
            return _Part(ready.rows, ready.errors, pooled)
        # Requested before the next batch, so that it can be waited for alone.
        fetched = torch.empty_like(pooled, device="cpu", pin_memory=True)
        fetched.copy_(pooled, non_blocking=True)
        arrived = torch.cuda.Event()
        arrived.record(torch.cuda.current_stream(self.device))
        return _Part(ready.rows, ready.errors, fetched, arrived)

    def _decode(self, item: tuple[ImageSource, str]) -> Decoded:
        return self._decoding(item[0], self._processor.image_size)

    def _start_decoders(self, images: int) -> None:
        """They stay until the engine goes, as the next images come soon."""
        enough = images >= _IMAGES_FOR_PROCESSES and self.workers >= _CORES_FOR_PROCESSES
        if enough and self._decoding is try_image_to_pixels:
            self._decoding = Decoders(self.workers, self._processor.image_size)

    @contextmanager
    def _finding_batch_size(self, images: int) -> Iterator[None]:
        """Sets it by what the first batch takes at its peak, if nobody has set it."""
        if self._sized or self.device.type != "cuda":
            yield
            return
        torch.cuda.reset_peak_memory_stats(self.device)
        before = torch.cuda.memory_allocated(self.device)
        yield
        taken = torch.cuda.max_memory_allocated(self.device) - before
        free, _total = torch.cuda.mem_get_info(self.device)
        kept = torch.cuda.memory_reserved(self.device) - torch.cuda.memory_allocated(self.device)
        if not self._sized:  # it was not halved meanwhile
            self._sized, self.batch_size = True, fitting_batch(free + kept, taken / images)


def _widths(loaded: LoadedModel, precision: Precision) -> Widths:
    half, model = torch.bfloat16, loaded.model
    if model.dtype != torch.float32:
        return Widths(model.dtype, model.dtype)
    if precision == "float32" and not model.bfloat16_products:
        return Widths(torch.float32, torch.float32)
    # A processor adds and normalises float32 as fast, and rounds half as much.
    return Widths(half, torch.float32 if model.device.type == "cpu" else half)


def _core_batch(loaded: LoadedModel) -> int:
    """8 of the published model, 32 of the tiny one."""
    vision = loaded.model.config.vision_config
    tokens = (vision.image_size // vision.patch_size) ** 2 + 1
    least, most = _CORE_BATCHES
    return int(min(most, max(least, _CORE_NUMBERS // (tokens * vision.intermediate_size))))


def fitting_batch(free_bytes: float, bytes_per_image: float) -> int:
    """The largest power of two of images that fit, from 1 to 256."""
    fit = _MEMORY_SHARE * free_bytes / max(bytes_per_image, 1)
    return 1 << min(max(int(fit), 1), _MOST_IN_A_BATCH).bit_length() - 1


def ahead_of(
    pool: ThreadPoolExecutor, work: Callable[[T], R], items: Iterable[T], most: int
) -> Generator[R, None, None]:
    """`work(item)` for each item, in order and ahead of whoever takes the results, but never far:
    at most `most` are begun and not yet taken.

    What `work` raises is raised where its result is taken. Closing the iterator cancels what has
    not begun.
    """
    rest = iter(items)
    begun: deque[Future[R]] = deque(pool.submit(work, item) for item in islice(rest, most))
    try:
        while begun:
            result = begun.popleft().result()
            begun.extend(pool.submit(work, item) for item in islice(rest, 1))
            yield result
    finally:
        for future in begun:
            future.cancel()
