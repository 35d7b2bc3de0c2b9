"""Progress for a person: a bar that redraws itself on a terminal, lines elsewhere."""

import time
from functools import partial
from typing import Protocol

from django.core.management.base import OutputWrapper

_WIDTH = 30
#: Seconds between two drawings on a terminal.
_INTERVAL = 0.1


class Output(Protocol):
    """Where counts are written: a file, or a management command's output."""

    def write(self, text: str, /) -> object: ...
    def flush(self) -> None: ...
    def isatty(self) -> bool: ...


class Counter:
    """Called with the number done and the total: draws a bar, or writes a line for every tenth."""

    def __init__(self, what: str, out: Output) -> None:
        self._what = what
        self._out = out
        # A management command's output would end every write with a line break.
        self._send = partial(out.write, ending="") if isinstance(out, OutputWrapper) else out.write
        self._shown = -1
        self._drawn = 0.0

    def __call__(self, done: int, total: int) -> None:
        last = done >= total
        if self._out.isatty():
            if last or time.monotonic() - self._drawn > _INTERVAL:
                self._drawn = time.monotonic()
                filled = done * _WIDTH // total if total else _WIDTH
                bar = "#" * filled + "." * (_WIDTH - filled)
                self._write(f"\r  [{bar}] {self._what}: {done} of {total}", "\n" if last else "")
            return
        tenth = done * 10 // total if total else 10
        if last or tenth != self._shown:
            self._shown = tenth
            self._write(f"  {self._what}: {done} of {total}", "\n")

    def _write(self, text: str, ending: str) -> None:
        self._send(text + ending)
        self._out.flush()
