"""Versions of a study's predictors."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from annotation.models import Study
from annotation.models.constraints import SharedForeignKey, one_of

from .predictor import Predictor
from .run import TrainingRun
from .snapshot import LabelSnapshot


class VersionState(models.TextChoices):
    CANDIDATE = "candidate", _("Candidate")
    ACTIVE = "active", _("Active")
    RETIRED = "retired", _("Retired")
    REJECTED = "rejected", _("Rejected")


class ModelVersion(models.Model):
    """A trained model: its files, and where it came from. Its heads are rows (`heads`)."""

    State = VersionState

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="model_versions")
    predictor = models.ForeignKey(
        Predictor, on_delete=models.PROTECT, related_name="versions", db_constraint=False
    )
    #: Counted within the study, across its predictors.
    number = models.PositiveIntegerField()
    state = models.CharField(
        max_length=10, choices=VersionState.choices, default=VersionState.CANDIDATE
    )
    #: That of its predictor's backbone when it was trained, a name in
    #: `predictors.registry.PREDICTORS`: the site may give that backbone's name to another one.
    kind = models.CharField(max_length=40)
    #: Folder in the `artifacts` storage, and the checksum of its manifest.
    artifact = models.CharField(max_length=200)
    artifact_sha256 = models.CharField(max_length=64)
    #: Names the weights below the last layer; embeddings are cached under it.
    backbone_sha256 = models.CharField(max_length=64)
    #: Where others find the same weights, if they come from a model hub: `OWNER/NAME@COMMIT`.
    backbone_source = models.CharField(max_length=250, blank=True, default="", db_default="")
    snapshot = models.ForeignKey(
        LabelSnapshot,
        on_delete=models.PROTECT,
        related_name="model_versions",
        db_constraint=False,
    )
    training_run = models.OneToOneField(
        TrainingRun, on_delete=models.PROTECT, related_name="model_version", db_constraint=False
    )
    #: Losses and validation errors by epoch (`learning.curves.Curve.summary`), if the backbone was
    #: trained.
    curve = models.JSONField(null=True, default=None)
    #: Of its explanations on the hold-out (`explaining.phrases`); None if it gives none.
    explanation_metrics = models.JSONField(null=True, default=None)
    created_at = models.DateTimeField(auto_now_add=True)
    promoted_at = models.DateTimeField(null=True, blank=True)
    #: Checksum of the file of its predictions by a last layer that has learnt newer labels
    #: (`registry.current`), the ratings that these rested on, and since when; empty while its
    #: predictions are those that it was scored with.
    refreshed_sha256 = models.CharField(max_length=64, blank=True, default="", db_default="")
    refreshed_ratings = models.PositiveIntegerField(null=True, default=None)
    refreshed_at = models.DateTimeField(null=True, default=None)

    class Meta:
        ordering = ["-number"]
        constraints = [
            one_of("model_version", "state", VersionState.values),
            models.UniqueConstraint(fields=["study", "number"], name="model_version_number"),
            models.UniqueConstraint(
                fields=["predictor"], condition=Q(state="active"), name="model_version_one_active"
            ),
            models.CheckConstraint(
                condition=Q(
                    refreshed_sha256="", refreshed_ratings__isnull=True, refreshed_at__isnull=True
                )
                | (
                    ~Q(refreshed_sha256="")
                    & Q(refreshed_ratings__isnull=False, refreshed_at__isnull=False)
                ),
                name="model_version_refreshed_whole",
            ),
            SharedForeignKey(
                field="predictor", shared="study", name="model_version_predictor_same_study"
            ),
            SharedForeignKey(
                field="snapshot", shared="study", name="model_version_snapshot_same_study"
            ),
            SharedForeignKey(
                field="training_run", shared="study", name="model_version_run_same_study"
            ),
            # For the foreign keys of rounds and scoring runs.
            models.UniqueConstraint(fields=["id", "study"], name="model_version_in_study"),
        ]

    def __str__(self) -> str:
        return f"v{self.number}"

    @property
    def images_learnt_from(self) -> int:
        """Labelled images of the pool, without those that could not be read."""
        left_out = [item for item in self.training_run.problems if item["split"] == "pool"]
        return self.snapshot.training_stimuli - len(left_out)

    @property
    def explains(self) -> bool:
        """Whether it can explain its scores."""
        return self.explanation_metrics is not None
