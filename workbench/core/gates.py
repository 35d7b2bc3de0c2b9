"""Who may go on, and who waits or is turned away: in one process, and in all of a server."""

import fcntl
import threading
import time

#: Seconds between two looks for a turn of all processes.
_LOOK = 0.005


class Gate:
    """Lets `places` in at once, and `queue` more wait for them for up to `patience` seconds."""

    def __init__(self, places: int, queue: int = 0, patience: float = 0.0) -> None:
        self.places, self.queue, self.patience = places, queue, patience
        self.inside = self.waiting = 0
        self._changed = threading.Condition()

    def enter(self) -> bool:
        """Whether there is a place now; `leave` gives it back."""
        with self._changed:
            if self.inside >= self.places and not self._wait():
                return False
            self.inside += 1
            return True

    def leave(self) -> None:
        with self._changed:
            self.inside -= 1
            self._changed.notify()

    def _wait(self) -> bool:
        if self.waiting >= self.queue:
            return False
        self.waiting += 1
        try:
            return self._changed.wait_for(lambda: self.inside < self.places, self.patience)
        finally:
            self.waiting -= 1


class Turns:
    """`number` turns of all processes that share a file, at most one of a process at a time. Locks
    of a file end with whoever holds them, however that ends."""

    def __init__(self, file: int, number: int) -> None:
        self._file, self._number, self._held = file, number, -1

    def take(self, patience: float) -> bool:
        """Whether one came free within so many seconds."""
        end = time.monotonic() + patience
        while not any(map(self._lock, range(self._number))):
            if time.monotonic() >= end:
                return False
            time.sleep(_LOOK)
        return True

    def give(self) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, self._held)

    def _lock(self, turn: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, turn)
        except OSError:
            return False
        self._held = turn
        return True


class SharedGate(Gate):
    """One at a time in this process, when it has one of all processes' turns."""

    def __init__(self, turns: Turns, queue: int, patience: float) -> None:
        super().__init__(1, queue, patience)
        self._turns = turns

    def enter(self) -> bool:
        if not super().enter():
            return False
        if self._turns.take(self.patience):
            return True
        super().leave()
        return False

    def leave(self) -> None:
        self._turns.give()
        super().leave()
