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

    def rows(self, part: slice) -> "ModelInputs":
        """Some of the B images."""
        return ModelInputs(*(tensor[part] for tensor in self))

    def to(self, device: torch.device | str, dtype: torch.dtype) -> "ModelInputs":
        """The batch on `device`, pixels as `dtype`; ids and mask stay int64."""
        pixels = self.pixel_values.to(device, dtype)
        return ModelInputs(pixels, self.input_ids.to(device), self.attention_mask.to(device))


@dataclass(frozen=True)
class MintIQAProcessor:
    """Prepares a model's inputs: its tokenizer and the side of its images in pixels."""

    tokenizer: PromptTokenizer
    image_size: int

    def __call__(self, images: Sequence[ImageSource], prompts: Sequence[str]) -> ModelInputs:
        """One batch; images are paths or PIL images.

        Raises UnreadableImageError; ValueError if there are not as many prompts.
        """
        if len(images) != len(prompts):
            raise ValueError(f"{len(images)} images and {len(prompts)} prompts; give one for each")
        pixels = images_to_batch(images, self.image_size)
        return ModelInputs(pixels, *self.tokenizer(prompts))
