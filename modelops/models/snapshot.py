"""Label snapshots: the exact labels a model was trained on, immutable and addressed by content."""

from django.db import models

from annotation.models import Study


class LabelSnapshot(models.Model):
    """A Parquet file of labels in the artifact storage; a database trigger refuses any update."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="label_snapshots")
    #: sha256 of the canonical label rows.
    content_sha256 = models.CharField(max_length=64)
    #: The file's name in the `artifacts` storage.
    artifact = models.CharField(max_length=200)
    stimuli = models.PositiveIntegerField()
    ratings = models.PositiveIntegerField()
    holdout_stimuli = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "content_sha256"], name="snapshot_unique")
        ]

    def __str__(self) -> str:
        return self.content_sha256[:12]

    @property
    def training_stimuli(self) -> int:
        """Labelled stimuli that a model learns from; the hold-out only measures."""
        return self.stimuli - self.holdout_stimuli
