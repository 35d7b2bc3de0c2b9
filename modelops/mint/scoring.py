"""The whole way of one image: its file and prompt to three scores. `engine` goes it for many."""

import torch

from .checkpoint import LoadedModel
from .configuration import PERSPECTIVES
from .preprocessing import ImageSource


def score_image(loaded: LoadedModel, image: ImageSource, prompt: str) -> dict[str, float]:
    """The three scores of one image, by perspective, 0…1. Raises UnreadableImageError."""
    inputs = loaded.processor([image], [prompt])
    ready = inputs.to(loaded.model.device, loaded.model.dtype)
    with torch.inference_mode():
        scores = loaded.model(*ready).scores[0]
    return dict(zip(PERSPECTIVES, scores.tolist(), strict=True))
