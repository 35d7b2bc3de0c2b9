"""Progress as a person reads it: a count that redraws itself on a terminal, lines elsewhere."""

import time
from typing import Protocol


class Output(Protocol):
    """What counts are written to; a file, or a management command's output."""

    def write(self, text: str, /) -> object: ...
    def flush(self) -> None: ...
    def isatty(self) -> bool: ...


class Counter:
    """Writes `what: done of total`: often on a terminal, at every tenth elsewhere."""

    def __init__(self, what: str, out: Output) -> None:
        self._what = what
        self._out = out
        self._shown = -1
        self._drawn = 0.0

    def __call__(self, done: int, total: int) -> None:
        last = done >= total
        if self._out.isatty():
            if last or time.monotonic() - self._drawn > 0.1:
                self._drawn = time.monotonic()
                self._write(f"\r  {self._what}: {done} of {total}", "\n" if last else "")
            return
        tenth = done * 10 // total if total else 10
        if last or tenth != self._shown:
            self._shown = tenth
            self._write(f"  {self._what}: {done} of {total}", "\n")

    def _write(self, text: str, ending: str) -> None:
        self._out.write(text + ending)
        self._out.flush()
