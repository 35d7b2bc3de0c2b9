"""How many pixels one process decodes at a time: each takes up to twelve bytes while it is worked
on, and a few of the largest images at once would need more memory than a server has."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class PixelBudget:
    """Threads wait until the pixels of their image fit; an image beyond the budget goes alone."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._held = 0
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, pixels: int) -> Iterator[None]:
        """Keep `pixels` of the budget for the block."""
        with self._changed:
            self._changed.wait_for(lambda: not self._held or self._held + pixels <= self.most)
            self._held += pixels
        try:
            yield
        finally:
            with self._changed:
                self._held -= pixels
                self._changed.notify_all()


#: Of this process: one of the largest images that may be imported, or several smaller ones.
IN_FLIGHT = PixelBudget(8192 * 8192)
