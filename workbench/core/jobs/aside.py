"""What a job says while a transaction of its own is open: by another connection."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connections


@contextmanager
def aside() -> Iterator[Callable[..., Any]]:
    """A function that calls another one on a database connection apart, and raises what it raises:
    heartbeats are seen, and cancellations noticed, before a long transaction ends."""
    with ThreadPoolExecutor(max_workers=1) as executor:

        def call(act: Callable[..., Any], *args: Any, **fields: Any) -> Any:
            return executor.submit(act, *args, **fields).result()

        try:
            yield call
        finally:
            executor.submit(connections.close_all).result()
