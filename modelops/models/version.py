"""Versions of a study's model."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from annotation.models import Study
from annotation.models.constraints import one_of

from .run import TrainingRun
from .snapshot import LabelSnapshot


class ModelVersion(models.Model):
    """A trained model: its files, where it came from and how it did on the hold-out."""

    class State(models.TextChoices):
        CANDIDATE = "candidate", _("Candidate")
        ACTIVE = "active", _("Active")
        RETIRED = "retired", _("Retired")
        REJECTED = "rejected", _("Rejected")

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="model_versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.CANDIDATE)
    preset = models.CharField(max_length=40)
    #: Folder in the `artifacts` storage, and the checksum of its manifest.
    artifact = models.CharField(max_length=200)
    artifact_sha256 = models.CharField(max_length=64)
    #: Names the weights below the last layer; embeddings are cached under it.
    backbone_sha256 = models.CharField(max_length=64)
    snapshot = models.ForeignKey(
        LabelSnapshot, on_delete=models.PROTECT, related_name="model_versions"
    )
    training_run = models.OneToOneField(
        TrainingRun, on_delete=models.PROTECT, related_name="model_version"
    )
    #: Per perspective: srcc, plcc, krcc, rmse on the hold-out, and its size.
    metrics = models.JSONField(default=dict)
    #: Of its explanations on the hold-out (`learning.phrases`); None where it gives none.
    explanation_metrics = models.JSONField(null=True, default=None)
    created_at = models.DateTimeField(auto_now_add=True)
    promoted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            one_of("model_version", "state", ["candidate", "active", "retired", "rejected"]),
            models.UniqueConstraint(fields=["study", "number"], name="model_version_number"),
            models.UniqueConstraint(
                fields=["study"], condition=Q(state="active"), name="model_version_one_active"
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.number}"

    @property
    def explains(self) -> bool:
        """Whether it can say why."""
        return self.explanation_metrics is not None
