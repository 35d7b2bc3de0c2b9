"""Work that is done ahead of its consumer, but never far ahead."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def ahead_of(
    pool: ThreadPoolExecutor, work: Callable[[T], R], items: Iterable[T], most: int
) -> Generator[R, None, None]:
    """`work(item)` for each item, in order, with at most `most` results begun and not yet taken.

    What `work` raises is raised where its result is taken. Closing the iterator cancels what has
    not begun.
    """
    rest = iter(items)
    begun: deque[Future[R]] = deque(pool.submit(work, item) for item in islice(rest, most))
    try:
        while begun:
            result = begun.popleft().result()
            begun.extend(pool.submit(work, item) for item in islice(rest, 1))
            yield result
    finally:
        for future in begun:
            future.cancel()
