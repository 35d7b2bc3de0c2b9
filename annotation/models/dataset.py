"""A dataset release: the job that makes its archive, then what the archive is."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from workbench.core.jobs.models import Job, JobState

from .constraints import Unchanging, one_of, same_study
from .release import OpinionRelease
from .study import Study


class DatasetRelease(Job):
    """A named release of opinion scores with all that was collected, as one file that never changes
    (docs/decisions/037). Progress counts pictures."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="datasets")
    #: Of the same study: the foreign key is among the constraints.
    release = models.ForeignKey(
        OpinionRelease, on_delete=models.PROTECT, related_name="datasets", db_constraint=False
    )
    #: Counts from 1 within the study.
    number = models.PositiveIntegerField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    #: What its owner says of it (`opinion.dataset.facts.Described`).
    described = models.JSONField()
    #: Where the study is, as the archive names it.
    address = models.CharField(max_length=300, blank=True, default="")
    #: Whether the pictures are in it, not their hashes alone.
    pictures = models.BooleanField(default=True)

    #: Its name in the `artifacts` storage, its bytes and hash; the hash of the list of its files'.
    archive = models.CharField(max_length=300, blank=True, default="")
    size = models.PositiveBigIntegerField(default=0)
    archive_sha256 = models.CharField(max_length=64, blank=True, default="")
    content_sha256 = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        ordering = ["-number"]
        verbose_name = _("Dataset release")
        constraints = [
            one_of("dataset", "state", JobState.values),
            models.CheckConstraint(
                condition=~Q(state="succeeded")
                | ~Q(archive="") & ~Q(archive_sha256="") & ~Q(content_sha256="") & Q(size__gte=1),
                name="dataset_whole",
            ),
            models.UniqueConstraint(fields=["study", "number"], name="dataset_number_unique"),
            models.UniqueConstraint(
                fields=["study"],
                condition=Q(state__in=["queued", "running"]),
                name="dataset_one_active",
            ),
            *same_study("dataset", "release"),
            Unchanging(
                what="a dataset release",
                when="OLD.state = 'succeeded'",
                deletable=True,
                forgets=["actor"],
                name="dataset_unchanging",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.study.slug}-{self.version}"

    def get_absolute_url(self) -> str:
        return reverse("study-datasets", args=[self.study.slug])

    def trail_detail(self) -> dict[str, Any]:
        return {"number": self.number, "version": self.version}

    @property
    def version(self) -> str:
        return f"{self.number}.0.0"

    @property
    def is_ready(self) -> bool:
        return self.state == JobState.SUCCEEDED
