"""An import asked for in the console."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from workbench.core.jobs.models import Job, JobState

from .constraints import one_of
from .stimulus import StimulusPurpose
from .study import Study


class ImportJob(Job):
    """One uploaded manifest and archive, and the outcome for its rows; progress counts rows."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="import_jobs")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    #: Names in the `artifacts` storage; `images` is empty for labels. Both are empty once the files
    #: are deleted: after a success at once, after a failure later (`stimuli.imports.again`).
    manifest = models.CharField(max_length=300, blank=True)
    images = models.CharField(max_length=300, blank=True, default="")
    #: A remote source, instead of uploaded files (`stimuli.remote`).
    address = models.CharField(max_length=1000, blank=True, default="", db_default="")
    #: The files' names on the person's computer; of a remote source, its address.
    manifest_name = models.CharField(max_length=300)
    images_name = models.CharField(max_length=300, blank=True, default="")

    #: What the manifest's columns are (`mapping.as_json`); empty until a worker has suggested it.
    mapping = models.JSONField(default=dict, blank=True)
    #: The prompt or generator of images without a manifest that nothing says it of.
    constants = models.JSONField(default=dict, blank=True)
    #: What the person said of single images: name → `prompt`, `generator` (`mapping.own.Fills`).
    fills = models.JSONField(default=dict, blank=True)
    #: The first of the images of which nothing says the prompt, or the generator
    #: (`importing.gaps.Gap`).
    gaps = models.JSONField(default=list, blank=True)
    #: Whether the table is of ratings of single people (`stimuli.imports.ratings`), and whose.
    ratings = models.BooleanField(default=False, db_default=False)
    source = models.CharField(max_length=100, blank=True, default="", db_default="")
    #: Whether the import only says what it would do, and its first rows as they were read.
    dry_run = models.BooleanField(default=False)
    preview = models.JSONField(default=list, blank=True)
    partial = models.BooleanField(default=False)
    labels_only = models.BooleanField(default=False)
    purpose = models.CharField(
        max_length=10, choices=StimulusPurpose.choices, default=StimulusPurpose.MAIN
    )

    imported = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    #: What it said of all rows together (`importing.remarks.Remark`).
    remarks = models.JSONField(default=list, blank=True)
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
            models.UniqueConstraint(
                fields=["study"],
                condition=Q(state__in=["queued", "running"]),
                name="import_job_one_active",
            ),
        ]

    @property
    def is_images_alone(self) -> bool:
        """Whether images were sent without a manifest: there is nothing to map."""
        may_be = bool(self.address) or self.manifest_name.lower().endswith(".zip")
        return may_be and not self.images_name and not self.mapping and not self.ratings

    def get_absolute_url(self) -> str:
        return reverse("study-import-job", args=[self.study.slug, self.pk])
