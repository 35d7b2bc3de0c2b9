"""What a run of a model's work does with an error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from workbench.core.errors import MintError

from .artifacts import refused_when_full

log = structlog.get_logger(__name__)


@contextmanager
def failing(what: str, run_id: int, fail: Callable[..., object]) -> Iterator[None]:
    """Calls `fail(error=…)` for an error that another attempt would meet again: files gone, disk
    full.

    The pure cores' errors are ValueErrors: naming them here would load torch into the web server.
    """
    try:
        with refused_when_full():
            yield
    except (MintError, ValueError) as error:
        log.warning(f"{what} failed", run=run_id, exc_info=error)
        fail(error=str(error))
