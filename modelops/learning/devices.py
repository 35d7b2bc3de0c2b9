"""Where a model trains: its precision there, and by what names its failures go."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from .errors import DeviceError
from .recipe import Recipe

#: How torch's RuntimeErrors begin that tell of a device that is gone, not of a mistake.
_GONE = ("CUDA error", "CUDA driver error", "No CUDA GPUs are available", "NCCL")
#: And of a machine without memory.
_NO_MEMORY = ("DefaultCPUAllocator: can't allocate memory", "DefaultCPUAllocator: not enough")


def in_bfloat16(device: torch.device, recipe: Recipe) -> bool:
    """Whether the trunk's products are computed in bfloat16."""
    if recipe.precision == "auto":
        return device.type == "cuda"
    return recipe.precision == "bfloat16"


@contextmanager
def lost_device_errors() -> Iterator[None]:
    """Turns what torch raises of a GPU that is gone into a DeviceError with the mend.

    Everything else passes as it is.
    """
    try:
        yield
    except RuntimeError as error:
        message = str(error)
        if not (isinstance(error, torch.AcceleratorError) or message.startswith(_GONE)):
            raise
        raise DeviceError(
            f"the GPU does not answer any more ({message.splitlines()[0]}); look at it with "
            "nvidia-smi, start the worker again, and retrain"
        ) from error


@contextmanager
def device_errors(device: torch.device, recipe: Recipe) -> Iterator[None]:
    """As `lost_device_errors`, and full memory, for which the mend is in the recipe."""
    try:
        with lost_device_errors():
            yield
    except torch.OutOfMemoryError as error:
        raise DeviceError(_no_memory(device, recipe)) from error
    except RuntimeError as error:
        if not any(words in str(error) for words in _NO_MEMORY):
            raise
        raise DeviceError(_no_memory(device, recipe)) from error


def _no_memory(device: torch.device, recipe: Recipe) -> str:
    smaller = max(1, recipe.batch_size // 2)
    more = recipe.accumulation * recipe.batch_size // smaller
    if smaller == recipe.batch_size:
        mend = "freeze more blocks (frozen_blocks), or train on a larger GPU"
    else:
        mend = f"train the same in smaller batches: batch_size={smaller} accumulation={more}"
    return f"the memory of {device} is too small for batches of {recipe.batch_size}; {mend}"
