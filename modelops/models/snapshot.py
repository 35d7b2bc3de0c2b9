"""Label snapshots: the exact labels a model was trained on, immutable and addressed by content."""

from django.db import models
from django.db.models import F, Q

from annotation.models import OpinionRelease, Study
from annotation.models.constraints import SharedForeignKey, Unchanging


class LabelSnapshot(models.Model):
    """Releases of opinion scores and a split, with the labels that they gave as a Parquet file in
    the artifact storage; a database trigger refuses any update."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="label_snapshots")
    #: The study's own opinion scores, frozen or named; None if it has only published ones.
    release = models.ForeignKey(
        OpinionRelease,
        on_delete=models.PROTECT,
        null=True,
        related_name="label_snapshots",
        db_constraint=False,
    )
    #: The imported releases that gave labels, and how their scales were linked: [{"number": …,
    #: "source": …, "content_sha256": …, "links": […]}].
    published = models.JSONField(default=list, blank=True)
    #: sha256 of which labelled stimuli are of the pool and which are held out.
    split_sha256 = models.CharField(max_length=64)
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
            models.UniqueConstraint(fields=["study", "content_sha256"], name="snapshot_unique"),
            models.CheckConstraint(
                condition=Q(holdout_stimuli__lte=F("stimuli")), name="snapshot_holdout_valid"
            ),
            models.CheckConstraint(
                condition=Q(release=None, ratings=0) | Q(release__isnull=False, ratings__gt=0),
                name="snapshot_release_where_rated",
            ),
            SharedForeignKey(field="release", shared="study", name="snapshot_release_same_study"),
            # For the foreign keys of runs and versions.
            models.UniqueConstraint(fields=["id", "study"], name="snapshot_in_study"),
            Unchanging(what="a label snapshot", deletable=True, name="snapshot_unchanging"),
        ]

    def __str__(self) -> str:
        return self.content_sha256[:12]

    @property
    def training_stimuli(self) -> int:
        """Labelled stimuli that a model learns from; the hold-out only measures."""
        return self.stimuli - self.holdout_stimuli
