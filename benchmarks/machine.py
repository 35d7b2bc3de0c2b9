"""The machine that figures were measured on: enough to compare, nothing that names it."""

import os
import platform
from pathlib import Path
from typing import Any

_GIB = 1024**3
#: Cores kept busy by others; beyond this, figures are lower than the machine could give.
_BUSY = 0.5


def machine_facts() -> dict[str, Any]:
    """Processor, cores, memory, system and Python; nothing that names the machine."""
    return {
        "processor": _processor(),
        "cores": usable_cores(),
        "memory_gib": round(_pages("SC_PHYS_PAGES") / _GIB, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def usable_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0))


def free_gib() -> float:
    """Memory that nothing uses, or that files could give back, in GiB."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    (free,) = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    return int(free) * 1024 / _GIB


def busy_cores(seconds: float = 2.0) -> float:
    """How many cores other programs keep busy, watched for `seconds`."""
    import psutil  # not where only a model's libraries are installed

    return psutil.cpu_percent(interval=seconds) / 100 * (psutil.cpu_count() or 1)


def busy_warning(busy: float) -> str | None:
    """A warning before measuring on a machine that is busy already."""
    if busy < _BUSY:
        return None
    return f"other programs keep {busy:.1f} cores busy: the figures will be too low"


def _pages(name: str) -> int:
    return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
