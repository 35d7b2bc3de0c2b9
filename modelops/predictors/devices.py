"""The device and the precision that this process computes with: the settings, resolved."""

from django.conf import settings

from .base import Precision


def device() -> str:
    """MODEL_DEVICE, with `auto` resolved: a GPU if this machine has one."""
    if settings.MODEL_DEVICE != "auto":
        return str(settings.MODEL_DEVICE)
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def precision() -> Precision:
    """MODEL_PRECISION, with `auto` resolved: bfloat16 if the device multiplies it natively.

    Also of `fp8`, which each backbone has to pass a check for (`float8`), until it has: bfloat16 on
    a processor, and on a GPU, which may be too old for either, what `auto` gives.
    """
    asked = settings.MODEL_PRECISION
    if asked == "auto" or (asked == "fp8" and device() != "cpu"):
        from .hardware import native_precision

        return native_precision(device())
    return "bfloat16" if asked in ("bfloat16", "fp8") else "float32"


def arithmetic() -> str:
    """Names the numbers that this process computes: what is cached under one name agrees.

    A GPU adds in bfloat16 as well, a processor multiplies in it alone (docs/decisions/051).
    """
    width = precision()
    if width == "float32":
        return width
    return f"{width}-{'products' if device() == 'cpu' else 'trunk'}"


def use_processor_cores() -> None:
    """Gives torch as many threads as this process has cores; more would only compete."""
    import torch

    from .hardware import processor_cores

    torch.set_num_threads(processor_cores())
