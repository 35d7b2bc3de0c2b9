"""The whole way: image files and prompts to pooled embeddings, and to three scores."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .checkpoint import LoadedModel
from .configuration import PERSPECTIVES
from .errors import UnreadableImageError
from .preprocessing import ImageSource, image_to_pixels, normalise
from .processing import ModelInputs

#: Called with (items done, items in all) after each batch.
Progress = Callable[[int, int], None]


class Item(NamedTuple):
    """One image (a path or a PIL image) and the prompt it was made from."""

    image: ImageSource
    prompt: str


@dataclass(frozen=True)
class Embeddings:
    """Pooled embeddings of N items, in their order.

    values: float32 (N, Dq); rows of unreadable images are NaN.
    errors: index of an unreadable image → why.
    """

    values: NDArray[np.float32]
    errors: dict[int, UnreadableImageError]


def score_image(loaded: LoadedModel, image: ImageSource, prompt: str) -> dict[str, float]:
    """The three scores of one image, by perspective, 0…1. Raises UnreadableImageError."""
    inputs = loaded.processor([image], [prompt])
    with torch.inference_mode():
        scores = loaded.model(*_for_model(loaded, inputs)).scores[0]
    return dict(zip(PERSPECTIVES, scores.tolist(), strict=True))


def embed_batches(
    loaded: LoadedModel,
    items: Sequence[tuple[ImageSource, str]],
    *,
    batch_size: int = 32,
    progress: Progress | None = None,
) -> Embeddings:
    """Pooled embeddings of all items, on which `head_weights` gives the scores.

    An unreadable image costs its own row only: it is named in `errors` and the rest goes on.
    """
    values = np.full((len(items), loaded.model.config.embedding_size), np.nan, dtype=np.float32)
    errors: dict[int, UnreadableImageError] = {}
    for start in range(0, len(items), batch_size):
        rows, pixels = _readable(loaded, items, range(start, min(start + batch_size, len(items))))
        errors |= {row: found for row, found in rows.items() if found is not None}
        good = [row for row, found in rows.items() if found is None]
        if good:
            values[good] = _embed(loaded, pixels, [items[row][1] for row in good])
        if progress is not None:
            progress(min(start + batch_size, len(items)), len(items))
    return Embeddings(values, errors)


def _readable(
    loaded: LoadedModel, items: Sequence[tuple[ImageSource, str]], rows: range
) -> tuple[dict[int, UnreadableImageError | None], list[Tensor]]:
    """Decodes the rows: for each its error or None, and the pixels of those without one."""
    found: dict[int, UnreadableImageError | None] = {}
    pixels: list[Tensor] = []
    for row in rows:
        try:
            pixels.append(image_to_pixels(items[row][0], loaded.processor.image_size))
            found[row] = None
        except UnreadableImageError as error:
            found[row] = error
    return found, pixels


def _embed(loaded: LoadedModel, pixels: list[Tensor], prompts: list[str]) -> NDArray[np.float32]:
    inputs = ModelInputs(normalise(torch.stack(pixels)), *loaded.processor.tokenizer(prompts))
    pooled = loaded.model.pooled_embeddings(*_for_model(loaded, inputs))  # (B, Dq)
    embedded: NDArray[np.float32] = pooled.float().cpu().numpy()
    return embedded


def _for_model(loaded: LoadedModel, inputs: ModelInputs) -> ModelInputs:
    return inputs.to(loaded.model.device, loaded.model.dtype)
