"""What the rows of all long jobs have in common."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


ACTIVE_STATES = (JobState.QUEUED, JobState.RUNNING)


class Job(models.Model):
    """State, progress, lease and fencing token of a job whose worker may die half-way.

    Every write of a worker names the `fence` it was given; a worker whose lease was taken over
    finds that its update matched no row, and stops.
    """

    #: The longest stretch of work without a heartbeat, in leases.
    LEASES: ClassVar[int] = 1

    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    fence = models.PositiveIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    #: What is being done now, and how far: `progress_done` of `progress_total` units.
    stage = models.CharField(max_length=60, blank=True, default="")
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)
    #: For a failed job: what, where and how to fix it.
    error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE_STATES

    @property
    def progress_percent(self) -> int:
        if self.state == JobState.SUCCEEDED:
            return 100
        return 100 * self.progress_done // self.progress_total if self.progress_total else 0
