"""Waiting for what the server does in the background."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from .errors import JobFailedError, WaitedTooLongError

J = TypeVar("J")

_UNDER_WAY = ("queued", "running")
#: Seconds between two looks: at first, and at most.
_FIRST, _MOST = 0.5, 10.0


def wait_for(look: Callable[[], J], what: str, *, timeout: float) -> J:
    """The job, once it has succeeded; `look` reads it, `what` names it in errors.

    Raises JobFailedError, and WaitedTooLongError after `timeout` seconds.
    """
    end = time.monotonic() + timeout
    pause = _FIRST
    while True:
        job = look()
        told = cast(Mapping[str, Any], job)
        if told["state"] not in _UNDER_WAY:
            _refuse_failed(told, what)
            return job
        if time.monotonic() + pause > end:
            raise WaitedTooLongError(f"{what} is {told['state']} after {timeout:g} s")
        time.sleep(pause)
        pause = min(pause * 1.5, _MOST)


def _refuse_failed(job: Mapping[str, Any], what: str) -> None:
    if job["state"] != "succeeded":
        reason = job.get("error") or job.get("refusal") or _first_row(job)
        raise JobFailedError(f"{what} is {job['state']}{reason and f': {reason}'}", job)


def _first_row(job: Mapping[str, Any]) -> str:
    """What is wrong with the first row of an import that refused some."""
    rows = job.get("rejected_rows") or ()
    if not rows:
        return ""
    row = rows[0]
    told = f"row {row['row']}: {row['problem']}; {row['fix']}"
    return f"{job['rejected']} rows are refused, such as {told}"
