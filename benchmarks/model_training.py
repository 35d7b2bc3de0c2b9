"""Retraining: steps per second with and without the trunk cache, and heads alone."""

import hashlib
import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from modelops.learning.bayes import fit_last_layer
from modelops.learning.embeddings import EmbeddingCache
from modelops.learning.labels import SourceLabel, combine
from modelops.learning.recipe import Recipe, default_recipe
from modelops.learning.training import freeze
from modelops.learning.trunk import TrunkCache
from modelops.mint import Item, LoadedModel, image_to_pixels, normalise

#: The vision embeddings of some rows, with gradients above the frozen blocks.
_Vision = Callable[[Sequence[int]], Tensor]
_PERSPECTIVES = 3


def trunk_cache(
    loaded: LoadedModel, items: Sequence[Item], folder: Path, preset: str, epochs: int
) -> dict[str, Any]:
    """Epochs of the preset's recipe with and without the cache, in turns; the cache is filled
    first, which is timed apart. Leaves the model trained a little."""
    recipe, model = default_recipe(preset), loaded.model
    size = loaded.processor.image_size

    def pixels(rows: Sequence[int]) -> Tensor:
        return normalise(torch.stack([image_to_pixels(items[row].image, size) for row in rows]))

    names = [hashlib.sha256(str(it.image).encode()).hexdigest() for it in items]
    cache = TrunkCache(model, names, pixels, folder, blocks=recipe.frozen_blocks)
    start = time.perf_counter()
    cache(range(len(items)))
    cache.flush()
    filled = time.perf_counter() - start
    freeze(model, recipe)
    ways: dict[str, _Vision] = {
        "without": lambda rows: model.encode_images(pixels(rows).to(model.device)),
        "with": lambda rows: model.encode_upper(cache(rows).to(model.device), recipe.frozen_blocks),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(epochs):
        for name, vision in ways.items():
            seconds[name].append(_epoch(loaded, items, recipe, vision))
    steps = -(-len(items) // recipe.batch_size)
    kept = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    ratios = [b / a for a, b in zip(seconds["without"], seconds["with"], strict=True)]
    return {
        "preset": preset,
        "frozen_blocks": recipe.frozen_blocks,
        "blocks": len(model.vision_model.encoder.layers),
        "steps_per_second_without": round(steps / statistics.median(seconds["without"]), 3),
        "steps_per_second_with": round(steps / statistics.median(seconds["with"]), 3),
        "time_ratio": round(statistics.median(ratios), 3),
        "fill_seconds": round(filled, 2),
        "kib_per_image": round(kept / len(items) / 1024, 1),
    }


def _epoch(loaded: LoadedModel, items: Sequence[Item], recipe: Recipe, vision: _Vision) -> float:
    """Seconds of forward and backward pass and Adam's step over all items, once."""
    model = loaded.model
    optimizer = torch.optim.Adam(
        (weight for weight in model.parameters() if weight.requires_grad), recipe.learning_rate
    )
    start = time.perf_counter()
    for first in range(0, len(items), recipe.batch_size):
        rows = range(first, min(first + recipe.batch_size, len(items)))
        words = loaded.processor.tokenizer([items[row].prompt for row in rows])
        ids, mask = (tensor.to(model.device) for tensor in words)
        mixed = model.device.type == "cuda"
        with torch.autocast(model.device.type, torch.bfloat16, enabled=mixed):
            queries = model.encode_queries(vision(rows), ids, mask)
        loss = (model.score_pooled(queries.float().mean(dim=1)) - 0.5).abs().mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    if model.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def heads_alone(images: int, widths: Sequence[int], folder: Path) -> list[dict[str, Any]]:
    """Seconds from cached embeddings and labels to a new last layer, per width of embedding."""
    return [_head_only(images, width, folder / str(width)) for width in widths]


def _head_only(images: int, width: int, folder: Path) -> dict[str, Any]:
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
