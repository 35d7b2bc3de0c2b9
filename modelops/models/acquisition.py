"""Acquisition rounds: which stimuli a model asked people to rate first."""

from django.db import models
from django.db.models import F, Q

from annotation.models import Study
from annotation.models.constraints import SharedForeignKey

from .version import ModelVersion


class AcquisitionRound(models.Model):
    """One rewriting of a study's priorities from one model version's uncertainty."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="acquisition_rounds")
    model_version = models.ForeignKey(
        ModelVersion,
        on_delete=models.CASCADE,
        related_name="acquisition_rounds",
        db_constraint=False,
    )
    #: Of the entry in `acquisition.STRATEGIES`: its name, its version at the time, its parameters.
    strategy = models.CharField(max_length=40)
    strategy_version = models.CharField(max_length=20)
    parameters = models.JSONField(default=dict)
    #: How many stimuli were ranked, and how many of them were chosen to come first.
    candidates = models.PositiveIntegerField()
    selected = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(selected__lte=F("candidates")), name="acquisition_selected_valid"
            ),
            SharedForeignKey(
                field="model_version", shared="study", name="acquisition_version_same_study"
            ),
        ]
