"""One way to be asked to stop: SIGINT, SIGTERM and SIGHUP all become KeyboardInterrupt.

A request is also remembered. Python drops an exception that a handler raises at some moments, such
as in the hooks that run at a fork; `raise_if_asked`, called in every loop that waits, makes up for
it.
"""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Request:
    asked = False
    deferred = False


def _on_signal(number: int, frame: FrameType | None) -> None:
    _Request.asked = True
    if not _Request.deferred:
        raise KeyboardInterrupt


def _ignore(number: int, frame: FrameType | None) -> None:
    pass


@contextlib.contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Raise KeyboardInterrupt inside when one of the signals arrives."""
    _Request.asked = False
    try:
        with _handled_by(_on_signal):
            yield
            raise_if_asked()
    finally:
        _Request.asked = False  # a later wait is for something else


def raise_if_asked() -> None:
    """Raise KeyboardInterrupt if a request has come, even one whose exception was dropped."""
    if _Request.asked:
        _Request.asked = False
        raise KeyboardInterrupt


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Only remember a request that comes now, such as between a fork and recording it."""
    before, _Request.deferred = _Request.deferred, True
    try:
        yield
    finally:
        _Request.deferred = before


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let no signal break off an orderly stop; impatience must not leave processes behind."""
    _Request.asked = False  # an orderly stop has taken note of it
    with _handled_by(_ignore):
        yield


@contextlib.contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
