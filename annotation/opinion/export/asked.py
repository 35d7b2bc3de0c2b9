"""How many images the next statement of an export is about. Pure: no Django."""

from collections import deque

#: Bytes that a statement is to give, and images of the first one.
_BYTES, _FIRST = 3 << 19, 20
#: How many times as many images as the one before it a statement is at most about.
_FASTER = 10


class Asked:
    """How many images were asked for, and how many are next."""

    def __init__(self) -> None:
        #: How many begin in the next statement, at most.
        self.number = _FIRST
        #: There are no more.
        self.all = False
        #: One statement gave about as much as it may, so that the others are work for two.
        self.many = False
        self._waiting: deque[int] = deque()
        self._done = 0

    def add(self, images: int) -> None:
        self._waiting.append(images)

    def taken(self, size: int) -> int:
        """Of the oldest: bytes that its images gave. How many images were taken so far."""
        images = self._waiting.popleft()
        most = images * _FASTER
        self.number = max(1, min(images * _BYTES // size, most) if size else most)
        self.many |= size * 2 > _BYTES and not self.all
        self._done += images
        return self._done
