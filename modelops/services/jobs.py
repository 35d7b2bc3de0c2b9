"""Lease, heartbeat and fence of long jobs (docs/decisions/001).

Every write is one conditional update that names the fence; one that matches no row means that the
job was taken over, cancelled or is over.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from ..errors import LostLeaseError
from ..models.jobs import Job, JobState

#: How often a job is started before it counts as the cause of its workers' deaths.
MAX_ATTEMPTS = 5


def lease_end(leases: int = 1) -> datetime:
    """When so many leases, taken now, are over."""
    return timezone.now() + leases * timedelta(seconds=settings.JOB_LEASE_SECONDS)


def claim(kind: type[Job], pk: int) -> int | None:
    """Takes a queued job: its fence, or None where there is nothing to take."""
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
    )
    return fence + 1 if taken else None


def renew(kind: type[Job], pk: int, fence: int, **fields: Any) -> None:
    """The heartbeat: a longer lease, and `fields` (progress) with it. Raises LostLeaseError."""
    _write(kind, pk, fence, lease_expires_at=lease_end(), **fields)


def succeed(kind: type[Job], pk: int, fence: int) -> None:
    """Raises LostLeaseError."""
    now = timezone.now()
    _write(kind, pk, fence, state=JobState.SUCCEEDED, finished_at=now, lease_expires_at=None)


def fail(kind: type[Job], pk: int, fence: int, error: str) -> None:
    """`error` says what, where and how to mend it. Raises LostLeaseError."""
    now = timezone.now()
    _write(
        kind, pk, fence, state=JobState.FAILED, error=error, finished_at=now, lease_expires_at=None
    )


def release(kind: type[Job], pk: int, fence: int) -> bool:
    """Ends the lease of a job whose process died, so that the next sweep hands it on."""
    owned = kind._default_manager.filter(pk=pk, state=JobState.RUNNING, fence=fence)
    return owned.update(lease_expires_at=timezone.now()) == 1


def requeue(kind: type[Job], pk: int, fence: int) -> bool:
    """Hands an expired job on: whoever held it holds nothing now."""
    expired = kind._default_manager.filter(
        pk=pk, state=JobState.RUNNING, fence=fence, lease_expires_at__lte=timezone.now()
    )
    return expired.update(state=JobState.QUEUED, fence=fence + 1, lease_expires_at=lease_end()) == 1


def _write(kind: type[Job], pk: int, fence: int, **fields: Any) -> None:
    owned = kind._default_manager.filter(pk=pk, state=JobState.RUNNING, fence=fence)
    if not owned.update(**fields):
        raise LostLeaseError(f"{kind.__name__} {pk} is no longer held with fence {fence}")
