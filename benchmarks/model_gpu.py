"""What only a GPU can show: the share of its matrix-product ceiling, and its memory."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from modelops.predictors.mint.checkpoint import LoadedModel
from modelops.predictors.mint.engine import Engine, Item

_SIDE = 8192
_SECONDS = 2.0
_BATCHES = (16, 32, 64, 128, 256)
#: Products that are queued before waiting for them.
_AT_ONCE = 10


def ceiling(device: torch.device) -> float:
    """bfloat16 matrix products, in FLOP/s, as measured on this GPU and not as its maker says."""
    a, b = (torch.randn(_SIDE, _SIDE, device=device, dtype=torch.bfloat16) for _ in range(2))

    def products() -> None:
        for _ in range(_AT_ONCE):
            a @ b

    return _AT_ONCE * 2 * _SIDE**3 / _seconds(products)


def flops_per_image(loaded: LoadedModel, prompts: Sequence[str]) -> float:
    """Of the model's products, as torch counts them; padding to the longest prompt included."""
    with FlopCounterMode(display=False) as counter:
        Engine(loaded).pooled(_pixels(loaded, len(prompts)), prompts)
    return float(counter.get_total_flops()) / len(prompts)


def without_decoding(
    loaded: LoadedModel, prompts: Sequence[str], flops: float, most: float, *, compiled: bool
) -> list[dict[str, Any]]:
    """Images per second from pixels on, by batch, up to what the memory holds; `flops` of an image,
    `most` of the GPU in a second. If no code can be made, why."""
    rows: list[dict[str, Any]] = []
    for batch in _BATCHES:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        engine = Engine(loaded, precision="bfloat16", batch_size=batch, compiled=compiled)
        pixels, words = _pixels(loaded, batch), [prompts[n % len(prompts)] for n in range(batch)]
        try:
            took = _seconds(lambda e=engine, p=pixels, w=words: e.pooled(p, w))  # type: ignore[misc]  # bound now
        except torch.OutOfMemoryError:
            break
        except Exception as error:  # whatever a compiler raises
            if not compiled:
                raise
            return [*rows, {"batch": batch, "compiled": True, "skipped": str(error)[:200]}]
        if engine.batch_size < batch:  # it had to be halved
            break
        rows.append(
            {
                "batch": batch,
                "compiled": compiled,
                "images_per_second": round(batch / took, 1),
                "share_of_ceiling": round(batch * flops / took / most, 3),
                "peak_gib": round(torch.cuda.max_memory_reserved() / 2**30, 2),
            }
        )
    torch.compiler.reset()
    return rows


def with_decoding(loaded: LoadedModel, items: Sequence[Item], without: float) -> dict[str, Any]:
    """Images per second from files on, at the batch size that the engine finds, and the share of
    the `without` that it gives from pixels on."""
    engine = Engine(loaded, precision="bfloat16")
    engine.embed(items)  # finds the batch size
    start = time.perf_counter()
    engine.embed(items)
    rate = len(items) / (time.perf_counter() - start)
    return {
        "batch": engine.batch_size,
        "images_per_second": round(rate, 1),
        "share_of_without": round(rate / without, 3),
    }


def _pixels(loaded: LoadedModel, images: int) -> torch.Tensor:
    size, device = loaded.processor.image_size, loaded.model.device
    return torch.randint(0, 256, (images, 3, size, size), dtype=torch.uint8, device=device)


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
