"""The memory of this process and all that it started, watched from a thread."""

import threading
from types import TracebackType
from typing import Self

import psutil

_MIB = 1024 * 1024


class PeakMemory:
    """Largest sum over all processes, in MiB, of samples taken every `seconds`.

    A page that several processes share counts only once if the system reports it (PSS, on Linux),
    else once in each (RSS).
    """

    def __init__(self, seconds: float = 2.0) -> None:
        self.mib = 0.0
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def sample(self) -> float:
        family = [psutil.Process(), *psutil.Process().children(recursive=True)]
        used = sum(map(_used, family)) / _MIB
        self.mib = max(self.mib, used)
        return used

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(self._seconds):
            self.sample()


def _used(process: psutil.Process) -> int:
    try:
        try:
            full = process.memory_full_info()
            return int(getattr(full, "pss", 0) or full.rss)
        except psutil.AccessDenied:
            return int(process.memory_info().rss)
    except psutil.Error:  # it ended meanwhile
        return 0
