"""What only a GPU can tell: the share of its matrix-product ceiling, and its memory."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from modelops.mint import Engine, Item, LoadedModel

_SIDE = 8192
_SECONDS = 2.0
_BATCHES = (16, 32, 64, 128, 256)


def ceiling() -> float:
    """bfloat16 matrix products, in FLOP/s, as this GPU does them and not as its maker says."""
    a, b = (torch.randn(_SIDE, _SIDE, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    return 2 * _SIDE**3 / _seconds(lambda: a @ b)


def without_decoding(loaded: LoadedModel, *, compiled: bool) -> list[dict[str, Any]]:
    """Images per second from pixels on, by batch, up to what the memory holds."""
    engine = Engine(loaded, precision="bfloat16", compiled=compiled)
    most, rows = ceiling(), []
    for batch in _BATCHES:
        size = loaded.processor.image_size
        pixels = torch.randint(0, 256, (batch, 3, size, size), dtype=torch.uint8, device="cuda")
        prompts = ["two red circles left of a blue square"] * batch
        torch.cuda.reset_peak_memory_stats()
        try:
            took = _seconds(lambda p=pixels, w=prompts: engine.pooled(p, w))  # type: ignore[misc]
        except torch.OutOfMemoryError:
            break
        with FlopCounterMode(display=False) as counter:
            Engine(loaded, precision="bfloat16").pooled(pixels, prompts)
        rows.append(
            {
                "batch": batch,
                "compiled": compiled,
                "images_per_second": round(batch / took, 1),
                "share_of_ceiling": round(counter.get_total_flops() / took / most, 3),
                "peak_gib": round(torch.cuda.max_memory_allocated() / 2**30, 2),
            }
        )
    return rows


def with_decoding(loaded: LoadedModel, items: Sequence[Item]) -> dict[str, Any]:
    """Images per second from files on, at the batch size that the engine finds."""
    engine = Engine(loaded, precision="bfloat16")
    engine.embed(items)  # finds the batch size
    start = time.perf_counter()
    engine.embed(items)
    took = time.perf_counter() - start
    return {"batch": engine.batch_size, "images_per_second": round(len(items) / took, 1)}


def _seconds(work: Callable[[], object]) -> float:
    """Of one call, over as many as fill some seconds."""
    for _ in range(3):
        work()
    torch.cuda.synchronize()
    calls, start = 0, time.perf_counter()
    while time.perf_counter() - start < _SECONDS:
        work()
        torch.cuda.synchronize()
        calls += 1
    return (time.perf_counter() - start) / calls
