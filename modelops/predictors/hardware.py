"""The devices that a model computes on: what they support, and how their failures are named."""

import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import TypeVar

import torch

from workbench.core.errors import MintError

from .base import Precision

T = TypeVar("T")

#: glibc's <malloc.h>. Both values are those that glibc comes to by itself (mallopt(3)) once a block
#: of 32 MiB was freed, which a small model never has.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_MALLOC = {_MMAP_THRESHOLD: 32 * 2**20, _TRIM_THRESHOLD: 64 * 2**20}

#: What torch's RuntimeErrors say if memory is full, the machine's or a GPU's (its libraries
#: and page-locked memory have words of their own), and how they begin if a GPU is lost.
_NO_MEMORY = (
    "DefaultCPUAllocator: can't allocate memory",
    "DefaultCPUAllocator: not enough",
    "CUDA error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
)
_GONE = (
    "CUDA error",
    "CUDA driver error",
    "No CUDA GPUs are available",
    "NCCL",
    "cuDNN error",
    "cuBLAS error",
)


class DeviceError(MintError):
    """The device that a model computes on fails: its memory is full, or the GPU is gone."""


def processor_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0))


@cache
def keep_freed_memory() -> None:
    """What one layer frees is kept for the next; else the kernel clears a hundred pages for each
    image, a tenth of its time. Nothing happens where the C library is not glibc."""
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in _MALLOC.items():
            mallopt(option, value)


def native_precision(device: torch.device | str) -> Precision:
    """bfloat16 if the device multiplies it natively, and not by way of float32."""
    if torch.device(device).type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        can = torch.cpu.get_capabilities()
        native = bool(can.get("avx512_bf16") or can.get("amx_bf16"))
    return "bfloat16" if native else "float32"


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether torch says that the memory of a GPU, or of the machine, is full."""
    full = isinstance(error, torch.OutOfMemoryError)
    return full or any(words in str(error) for words in _NO_MEMORY)


def in_halves(work: Callable[[slice], T], rows: int) -> list[T]:
    """What `work` returns for all of so many rows, or for halves of them, and halves of those, if
    it raises that the memory is full. Raises that itself if one row is too much."""
    return _in_halves(work, 0, rows)


def _in_halves(work: Callable[[slice], T], start: int, stop: int) -> list[T]:
    try:
        return [work(slice(start, stop))]
    except RuntimeError as error:
        if stop - start <= 1 or not is_out_of_memory(error):
            raise
    # Here, not above: the error keeps alive what the rows had allocated.
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    middle = (start + stop + 1) // 2
    return [*_in_halves(work, start, middle), *_in_halves(work, middle, stop)]


@contextmanager
def threads_each(count: int) -> Iterator[None]:
    """Threads that are started inside the block compute with `count` torch threads each."""
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, count))
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def lost_device_errors() -> Iterator[None]:
    """Turns what torch raises if a GPU is gone into a DeviceError with the fix.

    Everything else passes as it is.
    """
    try:
        yield
    except RuntimeError as error:
        message = str(error)
        lost = isinstance(error, torch.AcceleratorError) or message.startswith(_GONE)
        if is_out_of_memory(error) or not lost:
            raise
        raise DeviceError(
            f"the GPU no longer answers ({message.splitlines()[0]}); check it with "
            "nvidia-smi, restart the worker, and try again"
        ) from error


@contextmanager
def device_errors(device: torch.device, *, too_small_for: str) -> Iterator[None]:
    """Like `lost_device_errors`, but for full memory too: what it is too small for, and the fix."""
    try:
        with lost_device_errors():
            yield
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise DeviceError(f"the memory of {device} is too small for {too_small_for}") from error
