"""What the machine is, and what it could do at most."""

import platform
from collections.abc import Iterator, Sequence

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.gpu.bench import Bench
from benchmarks.gpu.rows import Figure, row
from benchmarks.machine import machine_facts
from modelops.predictors.mint.checkpoint import LoadedModel
from modelops.predictors.mint.preprocessing import normalise

#: Products or copies that are queued before waiting for them.
_AT_ONCE = 10


@row("machine", minutes=0.3)
def machine(bench: Bench) -> Iterator[Figure]:
    """The machine and its libraries"""
    import transformers

    facts = machine_facts()
    yield {
        "what": facts["processor"],
        "cores": facts["cores"],
        "memory_gib": facts["memory_gib"],
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }
    if bench.full:
        card = torch.cuda.get_device_properties(bench.device)
        yield {
            "what": card.name,
            "memory_gib": round(card.total_memory / 2**30, 1),
            "multiprocessors": card.multi_processor_count,
            "capability": f"{card.major}.{card.minor}",
            "cuda": str(torch.version.cuda),
        }


@row("ceiling", minutes=0.4)
def ceiling(bench: Bench) -> Iterator[Figure]:
    """The most that the device does, measured: bfloat16 products, and copying memory"""
    side = bench.sizes.side
    a, b = (torch.randn(side, side, device=bench.device).bfloat16() for _ in range(2))
    took = _least(bench.seconds(lambda: [a @ b for _ in range(_AT_ONCE)]))
    yield {"what": "bfloat16 products", "tflops": round(2 * side**3 / took / 1e12, 3)}
    source = torch.zeros(bench.sizes.copied_mib * 2**20, dtype=torch.uint8, device=bench.device)
    target = torch.empty_like(source)
    took = _least(bench.seconds(lambda: [target.copy_(source) for _ in range(_AT_ONCE)]))
    # A byte is read and a byte is written.
    yield {"what": "memory, copied", "gb_per_second": round(2 * len(source) / took / 1e9, 1)}


@row("flops", minutes=0.5, gib=8)
def flops(bench: Bench) -> Iterator[Figure]:
    """The products that an image takes, as torch counts them"""
    loaded = bench.model()
    prompts = bench.prompts(min(32, bench.sizes.drawn))
    most = bench.value("ceiling", "tflops")
    found = flops_per_image(loaded, bench.pixels(loaded, len(prompts)), prompts)
    limit = {} if most is None else {"most_images_per_second": round(most * 1e12 / found)}
    yield {"what": bench.sizes.preset, "gflops_per_image": round(found / 1e9, 1), **limit}


def flops_per_image(loaded: LoadedModel, pixels: torch.Tensor, prompts: Sequence[str]) -> float:
    """Of the model's products; padding to the longest prompt included. Of the model itself: in the
    engine's graphs nothing can be counted."""
    words = [tensor.to(pixels.device) for tensor in loaded.processor.tokenizer(prompts)]
    with FlopCounterMode(display=False) as counter:
        loaded.model.pooled_embeddings(normalise(pixels), *words)
    return float(counter.get_total_flops()) / len(prompts)


def share_of_ceiling(bench: Bench, images_per_second: float) -> dict[str, float]:
    """Of the products that the device could do, if that was measured before."""
    most, each = bench.value("ceiling", "tflops"), bench.value("flops", "gflops_per_image")
    if most is None or each is None:
        return {}
    return {"share_of_ceiling": round(images_per_second * each / 1e3 / most, 3)}


def _least(seconds: list[float]) -> float:
    """Of one product or copy, in the quickest round: a limit is what was ever reached."""
    return min(seconds) / _AT_ONCE
