"""What a program says of its host and its code with each sign of life."""

import os
import shutil
import socket
from typing import Any

import pynvml
from django.conf import settings

from ..version import VERSION


def program_facts(*, gpus: bool = False) -> dict[str, Any]:
    """JSON: host, process, version, bytes of the data folder's disk, and of GPUs if asked for."""
    found: dict[str, Any] = {
        "host": socket.gethostname(),
        "process": os.getpid(),
        "version": VERSION,
    }
    try:
        disk = shutil.disk_usage(settings.DATA_DIR)
        found |= {"disk_free": disk.free, "disk_total": disk.total}
    except OSError:
        pass  # not made yet, or gone: then nothing is known of it
    if gpus:
        found["gpus"] = gpu_memory()
    return found


def gpu_memory() -> list[dict[str, Any]]:
    """Name, used and total bytes of each NVIDIA GPU; none without its driver.

    Asked of the driver's own library: torch would take memory there for this process, too.
    """
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        return [_gpu(index) for index in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError:
        return []
    finally:
        pynvml.nvmlShutdown()


def _gpu(index: int) -> dict[str, Any]:
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    name = pynvml.nvmlDeviceGetName(handle)
    return {"name": str(name), "used": int(memory.used), "total": int(memory.total)}
