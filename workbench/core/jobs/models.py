"""What the rows of all long jobs have in common."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
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

    #: Whether one that is under way lives by messages too, not by one worker that holds it.
    BY_MESSAGES: ClassVar[bool] = False
    #: Whether a study's overview tells of it; not of those that somebody waits for anyway.
    TOLD: ClassVar[bool] = True

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
    #: What happened when (`jobs.history`).
    history = models.JSONField(
        default=list, blank=True, db_default=models.Value([], models.JSONField())
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def meta_name(self) -> str:
        """What kind of job it is, in the reader's language."""
        return str(self._meta.verbose_name)

    def trail_detail(self) -> dict[str, Any]:
        """What the audit trail keeps of it, and webhooks are told."""
        return {"job": self.pk}

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE_STATES

    @property
    def progress_percent(self) -> int:
        if self.state == JobState.SUCCEEDED:
            return 100
        return 100 * self.progress_done // self.progress_total if self.progress_total else 0


class ProgramKind(models.TextChoices):
    WORKER = "worker", _("Worker")
    BEAT = "beat", _("Scheduler")
    WEB = "web", _("Web server")


class Heartbeat(models.Model):
    """The last sign of life of a worker, the scheduler or a web server (`jobs.heartbeats`)."""

    Kind = ProgramKind

    name = models.CharField(max_length=200, primary_key=True)
    kind = models.CharField(max_length=10, choices=ProgramKind.choices)
    #: What a worker takes tasks from.
    queues = ArrayField(models.CharField(max_length=100), default=list)
    seen_at = models.DateTimeField()
    #: Of its host and its code (`jobs.facts`).
    facts = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))

    class Meta:
        app_label = "workbench"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=ProgramKind.values), name="heartbeat_kind_valid"
            )
        ]

    def __str__(self) -> str:
        return self.name
