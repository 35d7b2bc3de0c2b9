"""An import asked for in the console."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from workbench.core.jobs.models import Job, JobState

from .constraints import finite, one_of
from .release import PublishedScoreKind, ScoreDirection
from .stimulus import StimulusPurpose
from .study import Study


class ImportJob(Job):
    """One uploaded manifest and archive, and the outcome for its rows; progress counts rows."""

    #: All rows are written in one transaction, which says nothing until it ends.
    LEASES: ClassVar[int] = 5

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="import_jobs")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    #: Names in the `artifacts` storage; `images` is empty for labels. Both are empty once the files
    #: are deleted: after a success at once, after a failure later (`stimuli.imports.again`).
    manifest = models.CharField(max_length=300, blank=True)
    images = models.CharField(max_length=300, blank=True, default="")
    #: The files' names on the person's computer.
    manifest_name = models.CharField(max_length=300)
    images_name = models.CharField(max_length=300, blank=True, default="")

    #: What required columns are called in the manifest, and what is in none (`again.Mapped`).
    column_names = models.JSONField(default=dict, blank=True)
    column_values = models.JSONField(default=dict, blank=True)
    partial = models.BooleanField(default=False)
    labels_only = models.BooleanField(default=False)
    purpose = models.CharField(
        max_length=10, choices=StimulusPurpose.choices, default=StimulusPurpose.MAIN
    )
    #: Published scores are on `mos_minimum`…`mos_scale`.
    mos_minimum = models.FloatField(default=0.0)
    mos_scale = models.FloatField(default=1.0)
    direction = models.CharField(
        max_length=10, choices=ScoreDirection.choices, default=ScoreDirection.HIGHER
    )
    score_kind = models.CharField(
        max_length=10, choices=PublishedScoreKind.choices, default=PublishedScoreKind.OTHER
    )

    imported = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    #: The first of the rejected rows and of the notes (`importing.problems.RowNote`).
    rejected_rows = models.JSONField(default=list, blank=True)
    notes = models.JSONField(default=list, blank=True)
    #: Why the import was refused as a whole: template, fix and params of a `Problem`.
    refusal = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("Import")
        constraints = [
            one_of("import_job", "state", JobState.values),
            one_of("import_job", "purpose", StimulusPurpose.values),
            one_of("import_job", "direction", ScoreDirection.values),
            one_of("import_job", "score_kind", PublishedScoreKind.values),
            models.CheckConstraint(
                condition=finite("mos_minimum")
                & finite("mos_scale")
                & Q(mos_minimum__lt=F("mos_scale")),
                name="import_job_mos_scale_valid",
            ),
            models.UniqueConstraint(
                fields=["study"],
                condition=Q(state__in=["queued", "running"]),
                name="import_job_one_active",
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("study-import-job", args=[self.study.slug, self.pk])
