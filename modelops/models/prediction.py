"""Predictions, and the scoring runs that make them in small, repeatable chunks."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from annotation.models import Perspective, Stimulus, Study
from annotation.models.constraints import SharedForeignKey, finite, finite_from_0, one_of
from workbench.core.jobs.models import Job, JobState

from ..learning.uncertainty import Expectation
from .version import ModelVersion


class Prediction(models.Model):
    """What one model version expects of one stimulus from one perspective, on 0…1, and how unsure
    it is; the standard deviations are those of `learning.uncertainty.Expectation`."""

    stimulus = models.ForeignKey(Stimulus, on_delete=models.CASCADE, related_name="predictions")
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.CASCADE, related_name="predictions"
    )
    #: Without an index: nobody queries the predictions of a perspective.
    perspective = models.ForeignKey(
        Perspective, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    mean = models.FloatField()
    posterior_sd = models.FloatField()
    misfit_sd = models.FloatField()
    rater_sd = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model_version", "stimulus", "perspective"], name="prediction_unique"
            ),
            models.CheckConstraint(condition=finite("mean"), name="prediction_mean_valid"),
            models.CheckConstraint(
                condition=finite_from_0("posterior_sd")
                & finite_from_0("misfit_sd")
                & finite_from_0("rater_sd"),
                name="prediction_sd_valid",
            ),
        ]

    @property
    def expected(self) -> Expectation:
        return Expectation(self.mean, self.posterior_sd, self.misfit_sd, self.rater_sd)


class ScoringRun(Job):
    """Scoring of a study's stimuli by one model version."""

    #: Its chunks are messages each.
    BY_MESSAGES: ClassVar[bool] = True

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="scoring_runs")
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.CASCADE, related_name="scoring_runs", db_constraint=False
    )
    #: By the precision that embeddings were computed in, why it was that one
    #: (`predictors.float8.computed`); usually one. None before the first chunk.
    computed_in = models.JSONField(null=True, default=None)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("Scoring")
        constraints = [
            one_of("scoring_run", "state", JobState.values),
            models.UniqueConstraint(
                fields=["model_version"],
                condition=Q(state__in=["queued", "running"]),
                name="scoring_run_one_active",
            ),
            SharedForeignKey(
                field="model_version", shared="study", name="scoring_run_version_same_study"
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("study-model-run", args=[self.study.slug, "scoring", self.pk])


class ChunkState(models.TextChoices):
    PENDING = "pending", _("Pending")
    DONE = "done", _("Done")


class ScoringChunk(models.Model):
    """A batch of stimuli within a scoring run: the unit that may be done twice without harm."""

    State = ChunkState

    run = models.ForeignKey(ScoringRun, on_delete=models.CASCADE, related_name="chunks")
    index = models.PositiveIntegerField()
    stimulus_ids = ArrayField(models.BigIntegerField())
    state = models.CharField(max_length=10, choices=ChunkState.choices, default=ChunkState.PENDING)
    #: By which embeddings (`acquisition.embeddings`) each of them was predicted, 0 where its image
    #: was gone; None while it waits, and of scorings by older builds.
    looks = ArrayField(models.BigIntegerField(), null=True, default=None)
    #: How often it was begun: a chunk that kills its workers must not do so forever.
    attempts = models.PositiveSmallIntegerField(default=0)
    #: Stimuli that could not be read: [{"stimulus": …, "filename": …, "error": …}].
    problems = models.JSONField(default=list, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            one_of("scoring_chunk", "state", ChunkState.values),
            models.UniqueConstraint(fields=["run", "index"], name="scoring_chunk_unique"),
        ]
