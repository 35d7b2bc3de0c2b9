"""How a model's runs handle errors."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from workbench.core.errors import MintError

from .artifacts import refused_when_full

log = structlog.get_logger(__name__)


@contextmanager
def failing(what: str, run_id: int, fail: Callable[..., object]) -> Iterator[None]:
    """Calls `fail(error=…)` for an error that would occur again on a retry: files gone, disk
    full. Any other, such as a ValueError of our own making, passes: it says nothing to a person.
    """
    try:
        with refused_when_full():
            yield
    except MintError as error:
        log.warning(f"{what} failed", run=run_id, exc_info=error)
        fail(error=str(error))
