"""Explanations that a model version gives, the runs that make them, and images on their own."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from annotation.models import Stimulus, Study
from annotation.models.constraints import SharedForeignKey, one_of
from workbench.core.jobs.models import Job, JobState

from .version import ModelVersion


class Question(models.TextChoices):
    """The paper's four questions (`explaining.questions.QUESTIONS`)."""

    QUALITY = "quality", _("Quality")
    AUTHENTICITY = "authenticity", _("Authenticity")
    CORRESPONDENCE = "correspondence", _("Correspondence")
    OVERALL = "overall", _("All together")


class PredictedExplanation(models.Model):
    """What one model version answers to one question about one stimulus."""

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
    question = models.CharField(max_length=20, choices=Question.choices)
    text = models.TextField()
    #: Form field key → level, of the closed answers that the text words.
    phrases = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            one_of("predicted_explanation", "question", Question.values),
            models.UniqueConstraint(
                fields=["model_version", "stimulus", "question"],
                name="predicted_explanation_unique",
            ),
        ]


class ExplainingRun(Job):
    """Explaining of a study's stimuli by one model version, a few at a time.

    Whatever the version has not explained yet is still to be done: there is no list to keep.
    """

    #: A full-size model on a processor needs minutes for the few images of one turn.
    LEASES: ClassVar[int] = 5

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="explaining_runs")
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.CASCADE, related_name="explaining_runs", db_constraint=False
    )
    #: Stimuli that could not be read: [{"stimulus": …, "filename": …, "error": …}].
    problems = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["-pk"]
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


class Assessment(Job):
    """One uploaded image with its prompt, to be scored and explained by one model version.

    The image is no stimulus: it is forgotten when the job is over, and its result a day later.
    """

    LEASES: ClassVar[int] = 5

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="assessments")
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.CASCADE, related_name="assessments", db_constraint=False
    )
    prompt = models.TextField()
    #: The file as it was uploaded; None when the job is over.
    image = models.BinaryField(null=True)
    #: `Question` values that are to be answered; none: all of them.
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
