"""Explanations that a model version gives, the runs that make them, and images on their own."""

from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from annotation.models import Perspective, Stimulus, Study
from annotation.models.constraints import SharedForeignKey, one_of
from workbench.core.jobs.models import Job, JobState

from .version import ModelVersion


class PredictedExplanation(models.Model):
    """One model version's answer to one question about one stimulus."""

    stimulus = models.ForeignKey(
        Stimulus, on_delete=models.CASCADE, related_name="predicted_explanations"
    )
    #: Without an index of its own: it leads the unique one.
    model_version = models.ForeignKey(
        ModelVersion,
        on_delete=models.CASCADE,
        related_name="predicted_explanations",
        db_index=False,
    )
    #: What the question is about; None: all perspectives together. Without an index: nobody
    #: queries the explanations of a perspective.
    perspective = models.ForeignKey(
        Perspective, on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    text = models.TextField()
    #: Form field key → level, of the closed answers that the text words.
    phrases = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model_version", "stimulus", "perspective"],
                name="predicted_explanation_unique",
                nulls_distinct=False,
            ),
        ]


class ExplainingRun(Job):
    """Explaining of a study's stimuli by one model version, a few at a time.

    Whatever the version has not explained yet is still to be done: there is no list to keep.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="explaining_runs")
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.CASCADE, related_name="explaining_runs", db_constraint=False
    )
    #: Stimuli that could not be read: [{"stimulus": …, "filename": …, "error": …}].
    problems = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("Explaining")
        constraints = [
            one_of("explaining_run", "state", JobState.values),
            models.UniqueConstraint(
                fields=["model_version"],
                condition=models.Q(state__in=["queued", "running"]),
                name="explaining_run_one_active",
            ),
            SharedForeignKey(
                field="model_version", shared="study", name="explaining_run_version_same_study"
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("study-model-run", args=[self.study.slug, "explaining", self.pk])


class Assessment(Job):
    """One uploaded image with its prompt, to be scored and explained by one model version.

    The image is not a stimulus: it is deleted when the job is over, and its result a day later.
    """

    TOLD: ClassVar[bool] = False

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="assessments")
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.CASCADE, related_name="assessments", db_constraint=False
    )
    prompt = models.TextField()
    #: The file as it was uploaded; None when the job is over.
    image = models.BinaryField(null=True)
    #: Keys of the perspectives to explain, `ALL_TOGETHER` among them; none: all questions. As they
    #: were asked for, because the row is gone a day later.
    questions = models.JSONField(default=list, blank=True)
    #: {"scores": …, "explanations": …} as the API answers them.
    result = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            one_of("assessment", "state", JobState.values),
            SharedForeignKey(
                field="model_version", shared="study", name="assessment_version_same_study"
            ),
        ]
