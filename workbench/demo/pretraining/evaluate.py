"""How well the throw-away heads do on pictures that nothing was trained on."""

import numpy as np
import torch
from numpy.typing import NDArray

from modelops.predictors.mint.modeling import MintIQAModel

from .backbone import Encode, query_states, vision_tokens
from .batches import PictureSource, prompts_for
from .cache import IMAGE_FLAWS
from .heads import PATCH_CLASSES, accuracies
from .labels import PAIR_FLAWS
from .train import Heads

_BATCH = 125


def _correlations(
    names: tuple[str, ...], predicted: list[NDArray[np.float32]], wanted: list[NDArray[np.float32]]
) -> dict[str, float]:
    left, right = np.concatenate(predicted), np.concatenate(wanted)
    return {
        name: round(float(np.corrcoef(left[:, k], right[:, k])[0, 1]), 3)
        for k, name in enumerate(names)
    }


def _rows(source: PictureSource) -> list[NDArray[np.int64]]:
    return [
        np.arange(len(source.pictures))[at : at + _BATCH]
        for at in range(0, len(source.pictures), _BATCH)
    ]


@torch.no_grad()
def seeing(model: MintIQAModel, heads: Heads, source: PictureSource) -> dict[str, float]:
    """Accuracy per patch question, and correlation of severities, from the picture alone."""
    right, predicted, wanted = [], [], []
    for rows in _rows(source):
        batch = source.take(rows, turn=False)
        tokens = vision_tokens(model, batch.pixels)[:, 1:]
        right.append(accuracies(heads.vision.patches(tokens), batch.patches, PATCH_CLASSES))
        predicted.append(heads.vision.severities(tokens.mean(dim=1)).numpy())
        wanted.append(batch.severities.numpy())
    names = ("patch colour", "patch shape", "group count", "group side")
    means = np.mean(right, axis=0)
    scores = {name: round(float(value), 3) for name, value in zip(names, means, strict=True)}
    return scores | _correlations(IMAGE_FLAWS, predicted, wanted)


@torch.no_grad()
def matching(
    model: MintIQAModel, heads: Heads, source: PictureSource, encode: Encode
) -> dict[str, float]:
    """Correlation of every severity read from the pooled embedding of picture and prompt."""
    rng = np.random.default_rng(0)
    predicted, wanted = [], []
    for rows in _rows(source):
        batch = source.take(rows, turn=False)
        pair = prompts_for(batch.scenes, rng)
        queries = query_states(model, vision_tokens(model, batch.pixels), *encode(pair.prompts))
        predicted.append(heads.pooled.severities(queries.mean(dim=1)).numpy())
        wanted.append(torch.cat([batch.severities, pair.severities], dim=1).numpy())
    return _correlations((*IMAGE_FLAWS, *PAIR_FLAWS), predicted, wanted)
