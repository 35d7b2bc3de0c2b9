"""The device that a model trains on: its precision, and the fix if its memory is full."""

from contextlib import AbstractContextManager

import torch

from ....learning.recipe import Recipe
from ... import hardware


def in_bfloat16(device: torch.device, recipe: Recipe) -> bool:
    """Whether the trunk's products are computed in bfloat16."""
    if recipe.precision == "auto":
        return device.type == "cuda"
    return recipe.precision == "bfloat16"


def device_errors(device: torch.device, recipe: Recipe) -> AbstractContextManager[None]:
    """Failures of the device as DeviceErrors; the fix of full memory is in the recipe."""
    smaller = max(1, recipe.batch_size // 2)
    more = recipe.accumulation * recipe.batch_size // smaller
    if smaller == recipe.batch_size:
        fix = "freeze more blocks (frozen_blocks), or train on a larger GPU"
    else:
        fix = f"train the same in smaller batches: batch_size={smaller} accumulation={more}"
    return hardware.device_errors(device, too_small_for=f"batches of {recipe.batch_size}; {fix}")
