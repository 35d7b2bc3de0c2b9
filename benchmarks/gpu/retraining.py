"""Training of stage 1: what keeping the frozen blocks' output saves, and the memory it takes."""

from collections.abc import Iterator

from benchmarks.gpu.bench import Bench
from benchmarks.gpu.rows import Figure, row
from benchmarks.model_training import seconds_per_step, trunk_cache

_WAYS = {
    "with": "frozen blocks kept",
    "without": "nothing kept",
    "straightforward": "the released way: float32, nothing kept",
}


@row("retraining", minutes=1.5, gib=24)
def cached_steps(bench: Bench) -> Iterator[Figure]:
    """Steps of the published recipe in bfloat16, with the trunk cache and without"""
    items = (bench.items() * bench.sizes.epoch)[: bench.sizes.epoch]
    folder = bench.folder / "trunk"
    found = trunk_cache(bench.model(), items, folder, bench.sizes.preset, 1, precision="bfloat16")
    for name, rate in found["steps_per_second"].items():
        # How long a step takes if it is cached, as a share of this way's.
        share = {} if name == "with" else {"share": found["time_ratios"][name]}
        yield {"what": _WAYS[name], "steps_per_second": rate, **share}
    yield {
        "what": "filling the cache",
        "seconds": found["fill_seconds"],
        "kib_per_image": found["kib_per_image"],
    }


@row("training_memory", minutes=0.6, gib=16)
def memory(bench: Bench) -> Iterator[Figure]:
    """A training of the published recipe: its memory at batch 8"""
    changes = {"precision": "bfloat16", "trunk_cache": False, "batch_size": 8}
    loaded = bench.model()
    bench.forget_peak()
    took = seconds_per_step(
        loaded, bench.many()[:16], bench.folder / "memory", bench.sizes.preset, 3, **changes
    )
    yield {"what": "bfloat16", "seconds_a_step": round(took, 3), "peak_gib": bench.peak()}
