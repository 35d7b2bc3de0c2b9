"""Retraining: steps per second with and without the trunk cache, and heads alone."""

import hashlib
import itertools
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from modelops.learning.shards import EmbeddingCache
from modelops.predictors.mint.checkpoint import LoadedModel
from modelops.predictors.mint.engine import Item
from modelops.predictors.mint.fine_tuning.data import KeptTrunk, TrainingData
from modelops.predictors.mint.fine_tuning.devices import in_bfloat16
from modelops.predictors.mint.fine_tuning.pixels import ImageFiles
from modelops.predictors.mint.fine_tuning.training import fine_tune
from modelops.predictors.mint.fine_tuning.trunk import trunk_blocks
from modelops.predictors.mint.fine_tuning.trunk_cache import TrunkCache
from modelops.predictors.registry import PREDICTORS

_PERSPECTIVES = 3


def trunk_cache(
    loaded: LoadedModel,
    items: Sequence[Item],
    folder: Path,
    preset: str,
    rounds: int,
    **changes: Any,
) -> dict[str, Any]:
    """Steps of the preset's recipe, with `changes`, with and without the cache, in turns; the cache
    is filled first, which is timed apart. Leaves the model trained a little.

    If the recipe computes in bfloat16, also as the released script runs: in float32, nothing
    kept. If nothing is kept, images are read from their files in the loop.
    """
    recipe, model = replace(PREDICTORS[preset].recipe(), **changes), loaded.model
    data = _data(loaded, items, folder)
    assert data.kept is not None
    cache = TrunkCache(
        model,
        data.kept.images,
        data.pixels,
        folder,
        blocks=trunk_blocks(model, recipe),
        bfloat16=in_bfloat16(model.device, recipe),
    )
    start = time.perf_counter()
    cache(range(len(items)))
    cache.flush()
    filled = time.perf_counter() - start
    ways: dict[str, dict[str, Any]] = {
        "without": {**changes, "trunk_cache": False},
        "with": changes,
    }
    if in_bfloat16(model.device, recipe):
        ways = {"straightforward": {"trunk_cache": False, "precision": "float32"}} | ways
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            seconds[name].append(seconds_per_step(loaded, items, folder, preset, **way))
    kept = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {
        "preset": preset,
        "frozen_blocks": recipe.frozen_blocks,
        "blocks": len(model.vision_model.encoder.layers),
        "steps_per_second": {
            name: round(1 / statistics.median(took), 3) for name, took in seconds.items()
        },
        "time_ratios": {name: _ratio(took, seconds["with"]) for name, took in seconds.items()},
        "fill_seconds": round(filled, 2),
        "kib_per_image": round(kept / len({it.image for it in items}) / 1024, 1),
    }


def _ratio(base: Sequence[float], other: Sequence[float]) -> float:
    """The median of the rounds' ratios."""
    return round(statistics.median(b / a for a, b in zip(base, other, strict=True)), 3)


def seconds_per_step(
    loaded: LoadedModel,
    items: Sequence[Item],
    folder: Path,
    preset: str,
    epochs: int = 1,
    **changes: Any,
) -> float:
    """Of the product's own training loop, from the first step's end to the last one's."""
    recipe = replace(
        PREDICTORS[preset].recipe(), epochs=epochs, validation_share=0.0, patience=0, **changes
    )
    ends: list[float] = []
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        fine_tune(
            loaded.model,
            _data(loaded, items, folder),
            recipe,
            Path(name) / "checkpoint",
            lambda _stage, _done, _total: ends.append(time.perf_counter()),
        )
    return (ends[-1] - ends[0]) / (len(ends) - 1)


def _data(loaded: LoadedModel, items: Sequence[Item], folder: Path) -> TrainingData:
    paths = [Path(str(item.image)) for item in items]
    ids, mask = loaded.processor.tokenizer([item.prompt for item in items])
    return TrainingData(
        ImageFiles(paths, loaded.processor.image_size),
        ids,
        mask,
        targets=torch.full((len(items), _PERSPECTIVES), 0.5),
        kept=KeptTrunk([hashlib.sha256(str(path).encode()).hexdigest() for path in paths], folder),
    )


def heads_alone(images: int, widths: Sequence[int], folder: Path) -> list[dict[str, Any]]:
    """Seconds from cached embeddings and labels to a new last layer, per width of embedding."""
    return [_head_only(images, width, folder / str(width)) for width in widths]


def _head_only(images: int, width: int, folder: Path) -> dict[str, Any]:
    # These need SciPy, which is not where only a model's libraries are installed.
    from modelops.learning.bayes import fit_last_layer
    from modelops.learning.labels import SourceLabel, combine

    rng = np.random.default_rng(7)
    x = rng.normal(size=(images, width)).astype(np.float32)
    scores = 0.5 + 0.1 * np.tanh(x @ rng.normal(size=(width, _PERSPECTIVES)) / width**0.5)
    keys = [(hashlib.sha256(b"%d" % row).hexdigest(), "0" * 64) for row in range(images)]
    EmbeddingCache(folder, "made").put_many(dict(zip(keys, x, strict=True)))
    rows = itertools.product(range(images), range(_PERSPECTIVES))
    labels = combine(
        [SourceLabel(row, head, float(scores[row, head]), 0.1, 3) for row, head in rows],
        images, _PERSPECTIVES,
    )  # fmt: skip
    start = time.perf_counter()
    known = EmbeddingCache(folder, "made").get_many(keys)
    fit_last_layer(np.stack([known[key] for key in keys]), labels)
    return {"images": images, "width": width, "seconds": round(time.perf_counter() - start, 2)}
