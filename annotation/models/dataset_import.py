"""A dataset release that becomes a study: the job that makes it, then what was made."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from workbench.core.jobs.models import Job, JobState

from .constraints import one_of
from .study import Study


class DatasetImport(Job):
    """One uploaded archive, for the account that the study is to belong to. Progress counts images;
    its stages are those of `stimuli.dataset_import.stages`."""

    #: The tables are compared in one piece at the end.
    LEASES: ClassVar[int] = 5
    #: There is no study whose overview could tell of it.
    TOLD: ClassVar[bool] = False

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="dataset_imports"
    )
    #: The study, once it is there.
    study = models.ForeignKey(Study, on_delete=models.CASCADE, null=True, related_name="+")
    #: The key that the latest try gave its study: of one that was killed, files may be left.
    begun = models.PositiveBigIntegerField(null=True)
    #: The study's short name as it was asked for; empty: the archive's.
    slug = models.CharField(max_length=80, blank=True, default="")
    #: Names in the `artifacts` storage, empty once it is over; `images` is a ZIP of pictures.
    archive = models.CharField(max_length=300, blank=True)
    images = models.CharField(max_length=300, blank=True, default="")
    #: The files' names on the person's computer.
    archive_name = models.CharField(max_length=300)
    images_name = models.CharField(max_length=300, blank=True, default="")

    number_of_images = models.PositiveIntegerField(default=0)
    #: Images without their file: those that are out of use, and unused practice ones.
    without_file = models.PositiveIntegerField(default=0)
    raters = models.PositiveIntegerField(default=0)
    ratings = models.PositiveIntegerField(default=0)
    #: Of what was collected: the archive's, and the study's.
    data_sha256 = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("Import of a dataset release")
        constraints = [
            one_of("dataset_import", "state", JobState.values),
            models.CheckConstraint(
                condition=~Q(state="succeeded") | Q(study__isnull=False) & ~Q(data_sha256=""),
                name="dataset_import_whole",
            ),
            models.UniqueConstraint(
                fields=["actor"],
                condition=Q(state__in=["queued", "running"]),
                name="dataset_import_one_active",
            ),
        ]

    def __str__(self) -> str:
        return self.archive_name

    def get_absolute_url(self) -> str:
        return reverse("dataset-import", args=[self.pk])
