"""One image all the way to its scores, written plainly; `engine` does the same for many."""

import torch

from modelops.predictors.mint.checkpoint import LoadedModel
from modelops.predictors.mint.preprocessing import ImageSource


def score_image(loaded: LoadedModel, image: ImageSource, prompt: str) -> dict[str, float]:
    """By the names of the heads, 0…1."""
    model = loaded.model
    ready = loaded.processor([image], [prompt]).to(model.device, model.dtype)
    with torch.inference_mode():
        scores = model(*ready).scores[0]
    return dict(zip(model.config.head_names, scores.tolist(), strict=True))
