"""The precisions that the engine offers: how fast each is, and how far from float32."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from benchmarks.gpu.bench import Bench
from benchmarks.gpu.rows import Figure, NotMeasuredError, attempted, row
from benchmarks.gpu.scoring import from_pixels
from benchmarks.model_ways import relative_difference
from modelops.explaining.precisions import verify_precisions
from modelops.predictors.base import Precision
from modelops.predictors.mint.checkpoint import LoadedModel, load_model
from modelops.predictors.mint.configuration import PERSPECTIVES
from modelops.predictors.mint.conversion import load_official
from modelops.predictors.mint.engine import Engine

PRECISIONS: tuple[Precision, ...] = get_args(Precision)
_SHARED = Path(__file__).resolve().parents[3] / "shared"
_GOLDEN = Path(os.environ.get("MINT_SHARED", _SHARED)) / "golden" / "mint"


@row("precisions", minutes=1.5, gib=20)
def rates(bench: Bench) -> Iterator[Figure]:
    """The engine in each precision that it offers, from pixels"""
    loaded = bench.model()
    batches = (*bench.sizes.batches, bench.sizes.small[0])
    # The widest last: a run that is cut lacks what takes longest and is known best.
    for precision in reversed(PRECISIONS):
        yield from attempted(partial(from_pixels, bench, loaded, batches, precision), precision)


@row("parity", minutes=1.2, gib=20)
def parity(bench: Bench) -> Iterator[Figure]:
    """How far each precision is from float32, and float32 from the released code"""
    yield from _from_float32(bench, load_model("tiny", device=bench.device), "tiny, as shipped")
    if bench.full:
        yield from _from_float32(bench, bench.model(), "vit-g, random weights")
    yield from attempted(partial(_from_the_released, bench))


@row("compiled", minutes=2.0, gib=12)
def compiled(bench: Bench) -> Iterator[Figure]:
    """The engine in bfloat16, compiled by torch, from pixels"""
    if not bench.full:
        raise NotMeasuredError("on a processor a compiler takes minutes and gains nothing")
    yield from from_pixels(bench, bench.model(), bench.sizes.batches, "bfloat16", compiled=True)


def _from_float32(bench: Bench, loaded: LoadedModel, name: str) -> Iterator[Figure]:
    items = bench.items()

    def pooled(precision: Precision) -> NDArray[np.float32]:
        return Engine(loaded, precision=precision, batch_size=16).embed(items).values

    def distance(precision: Precision) -> Iterator[Figure]:
        found = relative_difference(pooled(precision), exact)
        if found is None:
            raise NotMeasuredError("random weights hardly tell images apart")
        yield {"what": "", "difference": found}

    exact = pooled("float32")
    for precision in PRECISIONS:
        if precision != "float32":
            yield from attempted(partial(distance, precision), f"{name}, {precision}")


def _from_the_released(bench: Bench) -> Iterator[Figure]:
    """Scores on the golden files, whose models are small; by the model, then as `mint_verify` does
    by the engine's trunk in each precision."""
    if not _GOLDEN.exists():
        raise NotMeasuredError(f"no golden files in {_GOLDEN.parent.name}/{_GOLDEN.name}")
    for size in ("nano", "micro"):
        given = load_file(_GOLDEN / size / "inputs.safetensors", device=str(bench.device))
        expected = load_file(_GOLDEN / size / "expected.safetensors", device=str(bench.device))
        model: Any = torch.nn.Module.to(load_official(_GOLDEN / size), bench.device)
        with torch.inference_mode():
            output = model(given["image"], given["text_ids"], given["text_mask"])
        wanted = torch.stack([expected[name] for name in PERSPECTIVES], dim=1)
        largest = float((output.scores - wanted).abs().max())
        yield {"what": f"golden {size}, float32", "largest": largest}
        for check in verify_precisions(_GOLDEN / size):
            said = "passed" if check.passed else "FAILED"
            figure = {"largest": check.difference, "tolerance": check.tolerance, "verdict": said}
            yield {"what": f"golden {size}, {check.name}", **figure}
