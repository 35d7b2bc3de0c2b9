"""Images and prompts to one batch of model inputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from .preprocessing import ImageSource, images_to_batch
from .tokenization import PromptTokenizer


class ModelInputs(NamedTuple):
    """The arguments of `MintIQAModel.forward`, in its order, for B images."""

    pixel_values: Tensor  # float32 (B, 3, S, S)
    input_ids: Tensor  # int64 (B, L)
    attention_mask: Tensor  # int64 (B, L)

    def to(self, device: torch.device | str, dtype: torch.dtype) -> "ModelInputs":
        """The batch on `device`, pixels as `dtype`."""
        pixels = self.pixel_values.to(device, dtype)
        return ModelInputs(pixels, self.input_ids.to(device), self.attention_mask.to(device))


@dataclass(frozen=True)
class MintIQAProcessor:
    """What stands before a model: its tokenizer and the side of its images in pixels."""

    tokenizer: PromptTokenizer
    image_size: int

    def __call__(self, images: Sequence[ImageSource], prompts: Sequence[str]) -> ModelInputs:
        """One batch; images are paths or PIL images. Raises UnreadableImageError."""
        if len(images) != len(prompts):
            raise ValueError(f"{len(images)} images and {len(prompts)} prompts; give one for each")
        pixels = images_to_batch(images, self.image_size)
        return ModelInputs(pixels, *self.tokenizer(prompts))
