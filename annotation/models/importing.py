"""An import asked for in the console. The row owns its state; the queue only wakes a worker."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .constraints import one_of
from .stimulus import Stimulus
from .study import Study


class ImportJob(models.Model):
    """One uploaded manifest and archive, its progress and what became of its rows."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    ACTIVE_STATES = (State.QUEUED, State.RUNNING)

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="import_jobs")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    #: Names in the `artifacts` storage, deleted when the job ends; `images` is empty for labels.
    manifest = models.CharField(max_length=300)
    images = models.CharField(max_length=300, blank=True, default="")
    #: The files as the person calls them.
    manifest_name = models.CharField(max_length=300)
    images_name = models.CharField(max_length=300, blank=True, default="")

    partial = models.BooleanField(default=False)
    labels_only = models.BooleanField(default=False)
    purpose = models.CharField(
        max_length=10, choices=Stimulus.Purpose.choices, default=Stimulus.Purpose.MAIN
    )
    mos_scale = models.FloatField(default=1.0)

    checked_rows = models.PositiveIntegerField(default=0)
    total_rows = models.PositiveIntegerField(default=0)
    imported = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    #: The first of the rejected rows and of the notes (`importing.problems.RowNote`).
    rejected_rows = models.JSONField(default=list, blank=True)
    notes = models.JSONField(default=list, blank=True)
    #: Why the import was refused as a whole: template, mend and params of a `Problem`.
    refusal = models.JSONField(default=dict, blank=True)

    #: Raised by each worker that takes the job; one that lost it can no longer write.
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            one_of("import_job", "state", ["queued", "running", "done", "failed"]),
            one_of("import_job", "purpose", ["main", "training", "gold"]),
            models.UniqueConstraint(
                fields=["study"],
                condition=Q(state__in=["queued", "running"]),
                name="import_job_one_active",
            ),
            models.CheckConstraint(
                condition=Q(state="running", lease_expires_at__isnull=False)
                | (~Q(state="running") & Q(lease_expires_at__isnull=True)),
                name="import_job_lease_while_running",
            ),
        ]

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE_STATES
