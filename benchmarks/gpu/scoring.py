"""Images per second of stage 1."""

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch

from benchmarks.gpu.bench import Bench
from benchmarks.gpu.limits import share_of_ceiling
from benchmarks.gpu.rows import Figure, row
from benchmarks.model_files import as_stored
from benchmarks.model_ways import straightforward
from benchmarks.results import percentile
from modelops.predictors.base import Precision
from modelops.predictors.hardware import processor_cores, threads_each
from modelops.predictors.mint.checkpoint import LoadedModel
from modelops.predictors.mint.engine import Engine, Item
from modelops.predictors.mint.preprocessing import try_image_to_pixels

#: How many times a figure's seconds whole runs over files are repeated for.
_PASSES = 6


@row("engine", minutes=1.0, gib=12)
def engine_rates(bench: Bench) -> Iterator[Figure]:
    """The engine in bfloat16, from pixels to embeddings"""
    yield from from_pixels(bench, bench.model(), bench.sizes.batches, "bfloat16")


@row("single", minutes=0.6, gib=8)
def single_images(bench: Bench) -> Iterator[Figure]:
    """Somebody waits: one image and a few, in bfloat16"""
    yield from from_pixels(bench, bench.model(), bench.sizes.small, "bfloat16", waiting=True)


@row("files", minutes=1.2, gib=12)
def from_files(bench: Bench) -> Iterator[Figure]:
    """From 512 px PNG files to embeddings, all cores decoding"""
    loaded, written = bench.model(), bench.many()
    stored = [Item(as_stored(Path(str(it.image))), it.prompt) for it in written]
    without = bench.value("engine", "images_per_second")
    with threads_each(processor_cores()):
        engine = Engine(loaded, precision="bfloat16")
        for items, form in ((stored, "as stored"), (written, "as Pillow writes them")):
            decoded = _decoding(loaded, items)
            what = f"{form}, decoding alone, {processor_cores()} threads"
            yield {"what": what, "images_per_second": decoded}
            rate = round(len(items) / _quickest(bench, engine, items), 1)
            share = {} if without is None else {"of_the_rate_from_pixels": round(rate / without, 3)}
            what = f"{form}, batch {engine.batch_size}"
            yield {"what": what, "images_per_second": rate, **share}


def _quickest(bench: Bench, engine: Engine, items: list[Item]) -> float:
    """Seconds for all items once the batch size is found and the decoding processes have started,
    which takes seconds that passes are slower in."""
    engine.embed(items)
    ends = time.perf_counter() + _PASSES * bench.sizes.seconds
    taken = [bench.once(lambda: engine.embed(items))]
    while time.perf_counter() < ends:
        taken.append(bench.once(lambda: engine.embed(items)))
    return min(taken)


@row("released", minutes=0.6, gib=10)
def released(bench: Bench) -> Iterator[Figure]:
    """The released script's way: float32, batches of 8, Pillow in the loop"""
    embed, items = straightforward(bench.model()), bench.many()
    few = items[: min(len(items), 128)]
    embed(few[:8])
    rate = len(few) / bench.once(lambda: embed(few))
    yield {"what": "512 px PNG files", "images_per_second": round(rate, 1)}


def from_pixels(
    bench: Bench,
    loaded: LoadedModel,
    batches: tuple[int, ...],
    precision: Precision,
    *,
    waiting: bool = False,
    **options: Any,
) -> Iterator[Figure]:
    """Rates by batch, or how long somebody waits for one; `options` of the engine."""
    for batch in batches:
        bench.forget_peak()
        pixels, words = bench.pixels(loaded, batch), bench.prompts(batch)
        start = time.perf_counter()
        engine = Engine(loaded, precision=precision, batch_size=batch, **options)
        engine.pooled(pixels, words)
        bench.wait()
        first = time.perf_counter() - start
        seconds = bench.seconds(lambda e=engine, p=pixels, w=words: e.pooled(p, w))  # type: ignore[misc]  # bound now
        if engine.batch_size < batch:  # the memory did not suffice: it had to be halved
            yield {"what": f"batch {batch}", "skipped": "not measured: the memory is too small"}
            continue
        rate = batch / statistics.median(seconds)
        figure = {"what": f"batch {batch}", "images_per_second": round(rate, 1)}
        if waiting:
            figure |= {f"p{p}_ms": round(percentile(seconds, p) * 1e3, 2) for p in (50, 95)}
        figure |= {**share_of_ceiling(bench, rate), "peak_gib": bench.peak()}
        # Compiling, or making graphs of few images, is paid for once.
        yield figure | ({"first_seconds": round(first, 1)} if waiting or options else {})
        del engine, pixels


def _decoding(loaded: LoadedModel, items: list[Item]) -> float:
    """Images per second from files to bytes, on all cores, as the engine reads them."""
    size = loaded.processor.image_size

    def decode(item: Item) -> object:
        return try_image_to_pixels(item.image, size)

    with threads_each(1), ThreadPoolExecutor(processor_cores()) as pool:
        list(pool.map(decode, items[:8]))
        start = time.perf_counter()
        decoded = list(pool.map(decode, items))
        took = time.perf_counter() - start
    assert all(isinstance(it, torch.Tensor) for it in decoded)
    return round(len(items) / took, 1)
