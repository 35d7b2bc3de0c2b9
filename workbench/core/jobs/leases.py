"""Lease, heartbeat and fence of long jobs.

Every write is one conditional update that names the fence; one that matches no row means that the
job was taken over, cancelled or is over.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import F, Q
from django.dispatch import Signal
from django.utils import timezone

from ..server_folders import without_folders
from .history import Event, with_entry
from .holders import end_connection, name_connection
from .models import ACTIVE_STATES, Job, JobState

#: How often a job is started before it counts as the cause of its workers' deaths.
MAX_ATTEMPTS = 5

#: The stage of a job whose results are written: set in the transaction that writes them, so that a
#: cancellation either comes before it, and undoes it, or too late.
WRITTEN = "written"

#: Sent with `job`, in the transaction that ends it, unless it is cancelled.
ended = Signal()

log = structlog.get_logger(__name__)


class LostLeaseError(Exception):
    """Another worker owns the job now; this one must stop without another write."""


def lease_end(leases: int = 1) -> datetime:
    """The time when so many leases, taken now, are over."""
    return timezone.now() + leases * timedelta(seconds=settings.JOB_LEASE_SECONDS)


def claim(kind: type[Job], pk: int) -> int | None:
    """Takes a queued job; returns its fence, or None if there is nothing to take."""
    jobs = kind._default_manager.filter(pk=pk, state=JobState.QUEUED)
    fence = jobs.values_list("fence", flat=True).first()
    if fence is None:
        return None
    taken = jobs.filter(fence=fence).update(
        state=JobState.RUNNING,
        fence=fence + 1,
        attempts=F("attempts") + 1,
        lease_expires_at=lease_end(),
        started_at=timezone.now(),
        history=with_entry(Event.TAKEN),
    )
    if not taken:
        return None
    name_connection(kind, pk, fence + 1)
    return fence + 1


def renew(kind: type[Job], pk: int, fence: int, **fields: Any) -> None:
    """The heartbeat: a longer lease, and `fields` (progress) with it. Raises LostLeaseError."""
    if stage := fields.get("stage"):
        fields["history"] = with_entry(Event.STAGE, stage=stage, unless=Q(stage=stage))
    _write(kind, pk, fence, lease_expires_at=lease_end(), **fields)


@contextmanager
def kept(kind: type[Job], pk: int, fence: int) -> Iterator[None]:
    """Renews the lease from a thread of its own until the block ends: a transaction or a model may
    say nothing for minutes. It ends with the process, and stands still while that is frozen."""
    over = threading.Event()
    thread = threading.Thread(target=_keep, args=(kind, pk, fence, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _keep(kind: type[Job], pk: int, fence: int, over: threading.Event) -> None:
    try:
        while not over.wait(settings.JOB_LEASE_SECONDS / 4):
            try:
                renew(kind, pk, fence)
            except LostLeaseError:
                return  # whoever works under it finds out with its next write
            except Error as error:
                log.warning("heartbeat missed", job=pk, error=str(error))
                connection.close()
    finally:
        connection.close()


def ask_again(kind: type[Job]) -> None:
    """Has the next sweep ask for every job that waits for a message: all messages are lost."""
    waiting = Q(state=JobState.QUEUED)
    if kind.BY_MESSAGES:
        waiting |= Q(state=JobState.RUNNING)
    kind._default_manager.filter(waiting).update(lease_expires_at=timezone.now())


def succeed(kind: type[Job], pk: int, fence: int, **fields: Any) -> None:
    """Ends the job, and writes `fields` (results) with it. Raises LostLeaseError."""
    _end(kind, pk, fence, state=JobState.SUCCEEDED, history=with_entry(Event.SUCCEEDED), **fields)


def fail(kind: type[Job], pk: int, fence: int, **fields: Any) -> None:
    """Ends the job; `fields` say what, where and how to fix it, and `error` no folder of the
    server. Raises LostLeaseError."""
    if "error" in fields:
        fields["error"] = without_folders(fields["error"])
    _end(kind, pk, fence, state=JobState.FAILED, history=with_entry(Event.FAILED), **fields)


def cancel(kind: type[Job], pk: int) -> bool:
    """Ends a job that is queued or under way, whoever holds it: with its next write its worker
    finds that it holds nothing. False if the job is over, or past the point of no return."""
    stoppable = kind._default_manager.filter(pk=pk, state__in=ACTIVE_STATES)
    return bool(
        stoppable.exclude(stage=WRITTEN).update(
            state=JobState.CANCELLED,
            fence=F("fence") + 1,
            finished_at=timezone.now(),
            lease_expires_at=None,
            history=with_entry(Event.CANCELLED),
        )
    )


def release(kind: type[Job], pk: int, fence: int) -> bool:
    """Ends the lease of a job whose process died, so that the next sweep hands it on."""
    owned = kind._default_manager.filter(pk=pk, state=JobState.RUNNING, fence=fence)
    return owned.update(lease_expires_at=timezone.now()) == 1


def postpone(kind: type[Job], pk: int, fence: int) -> None:
    """Puts back a job that cannot be done yet; a sweep asks again. Raises LostLeaseError."""
    _write(
        kind,
        pk,
        fence,
        state=JobState.QUEUED,
        attempts=F("attempts") - 1,
        lease_expires_at=lease_end(),
        history=with_entry(Event.PUT_BACK),
    )


def requeue(kind: type[Job], pk: int, fence: int) -> bool:
    """Hands an expired job on: its former holder holds nothing now."""
    return _take_over(
        kind,
        pk,
        fence,
        state=JobState.QUEUED,
        lease_expires_at=lease_end(),
        history=with_entry(Event.HANDED_ON),
    )


def sweep(kind: type[Job], *, wake: Callable[[int], None], give_up: Callable[[Job], None]) -> None:
    """Hands on jobs whose worker is silent, and asks again for those that nobody took.

    Two sweeps may run at once. `give_up` gets a job that killed MAX_ATTEMPTS workers, held with its
    `fence` by nobody else, to fail it.
    """
    _hand_on(kind, wake, give_up)
    now = timezone.now()
    unanswered = kind._default_manager.filter(state=JobState.QUEUED).filter(
        Q(lease_expires_at__lte=now) | Q(lease_expires_at=None)
    )
    for pk in list(unanswered.values_list("pk", flat=True)):
        if unanswered.filter(pk=pk).update(lease_expires_at=lease_end()):
            wake(pk)


def _hand_on(kind: type[Job], wake: Callable[[int], None], give_up: Callable[[Job], None]) -> None:
    silent = kind._default_manager.filter(
        state=JobState.RUNNING, lease_expires_at__lte=timezone.now()
    )
    for job in silent:
        end_connection(job)
        if job.attempts < MAX_ATTEMPTS:
            if requeue(kind, job.pk, job.fence):
                log.warning("job handed on", kind=kind.__name__, job=job.pk, attempts=job.attempts)
                wake(job.pk)
        elif _take_over(kind, job.pk, job.fence, lease_expires_at=lease_end()):
            job.fence += 1
            give_up(job)


def _take_over(kind: type[Job], pk: int, fence: int, **fields: Any) -> bool:
    expired = kind._default_manager.filter(
        pk=pk, state=JobState.RUNNING, fence=fence, lease_expires_at__lte=timezone.now()
    )
    return expired.update(fence=fence + 1, **fields) == 1


def tell_end(kind: type[Job], pk: int) -> None:
    """Call it inside the transaction that ends the job."""
    ended.send(sender=kind, job=kind._default_manager.get(pk=pk))


@transaction.atomic
def _end(kind: type[Job], pk: int, fence: int, **fields: Any) -> None:
    _write(kind, pk, fence, finished_at=timezone.now(), lease_expires_at=None, **fields)
    tell_end(kind, pk)


def _write(kind: type[Job], pk: int, fence: int, **fields: Any) -> None:
    if connection.errors_occurred and not connection.in_atomic_block and not connection.is_usable():
        # Ended from outside, perhaps as the job was handed on: a new connection tells.
        connection.close()
    owned = kind._default_manager.filter(pk=pk, state=JobState.RUNNING, fence=fence)
    if not owned.update(**fields):
        raise LostLeaseError(f"{kind.__name__} {pk} is no longer held with fence {fence}")
