"""The stages of a self-check: each is timed, and one that fails is named with its reason."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ...core.errors import MintError


class StageError(MintError):
    """A stage that failed; the message names the stage, the reason and where to look."""

    def __init__(self, stage: str, reason: str, logs: str = "") -> None:
        super().__init__(f'stage "{stage}" failed: {reason}' + (f"\n\n{logs}" if logs else ""))
        self.stage = stage


class CheckFailedError(MintError):
    """A stage completed, but not as it must."""


@dataclass
class Timed:
    """Reports stages, whatever they do."""

    passed: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    failed_stage: str | None = None
    error: str | None = None


@contextmanager
def stage(timed: Timed, name: str, logs: Callable[[], str]) -> Iterator[None]:
    """Times the block, and notes its failure. Raises StageError, with `logs`, for any error.

    An interruption passes through.
    """
    begun = time.monotonic()
    try:
        yield
    except Exception as error:
        failed = StageError(name, _said(error), logs())
        timed.failed_stage, timed.error = name, failed.message
        raise failed from error
    except BaseException:
        timed.failed_stage = name
        raise
    finally:
        timed.seconds[name] = round(time.monotonic() - begun, 1)


def require(holds: bool, otherwise: str) -> None:
    """Raises CheckFailedError, with `otherwise` as its message, unless `holds`."""
    if not holds:
        raise CheckFailedError(otherwise)


def _said(error: Exception) -> str:
    return error.message if isinstance(error, MintError) else f"{type(error).__name__}: {error}"
