"""The heads of model versions, one for each perspective."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from annotation.models import Perspective, Study
from annotation.models.constraints import SharedForeignKey, finite, finite_from_0, unknown_or

from ..learning.evaluation import Agreement
from .version import ModelVersion


class HeadManager(models.Manager["Head"]):
    """Heads come with their perspectives, whose keys every reader needs."""

    def get_queryset(self) -> models.QuerySet["Head"]:
        return super().get_queryset().select_related("perspective")


class Head(models.Model):
    """What one version predicts from one perspective, and how well it did so on the hold-out, by
    the labels that it was trained with: `learning.evaluation.Agreement`. It goes with its
    perspective; the others keep their places."""

    objects: ClassVar[HeadManager] = HeadManager()

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="+")
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.CASCADE, related_name="heads", db_constraint=False
    )
    perspective = models.ForeignKey(
        Perspective, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    #: Its column in what the version's last layer predicts, from 0.
    place = models.PositiveSmallIntegerField()
    srcc = models.FloatField(null=True)
    plcc = models.FloatField(null=True)
    krcc = models.FloatField(null=True)
    rmse = models.FloatField(null=True)
    #: The 95 % interval of the SRCC over draws of whole prompts; None of versions that were
    #: trained before it was kept, and with fewer than four prompts.
    srcc_low = models.FloatField(null=True)
    srcc_high = models.FloatField(null=True)
    #: Images of the hold-out.
    n = models.PositiveIntegerField()

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["model_version", "place"], name="head_place_unique"),
            models.UniqueConstraint(
                fields=["model_version", "perspective"], name="head_perspective_unique"
            ),
            models.CheckConstraint(
                condition=unknown_or(finite, "srcc")
                & unknown_or(finite, "plcc")
                & unknown_or(finite, "krcc")
                & unknown_or(finite_from_0, "rmse"),
                name="head_agreement_valid",
            ),
            models.CheckConstraint(
                condition=Q(srcc_low__isnull=True, srcc_high__isnull=True)
                # Where one of them is null a comparison is, too, which a constraint lets pass.
                | Q(srcc_low__isnull=False, srcc_high__isnull=False, srcc_low__lte=F("srcc_high"))
                & finite("srcc_low")
                & finite("srcc_high"),
                name="head_interval_valid",
            ),
            SharedForeignKey(field="model_version", shared="study", name="head_version_same_study"),
            SharedForeignKey(
                field="perspective", shared="study", name="head_perspective_same_study"
            ),
        ]

    @property
    def agreement(self) -> Agreement:
        """On 0…1, as it was measured."""
        return Agreement(
            self.srcc, self.plcc, self.krcc, self.rmse, self.n, self.srcc_low, self.srcc_high
        )
