"""Training runs."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from annotation.models import Study
from annotation.models.constraints import SharedForeignKey, one_of
from workbench.core.jobs.models import Job, JobState

from .predictor import Predictor
from .snapshot import LabelSnapshot


class RunTrigger(models.TextChoices):
    CONSOLE = "console", _("Console")
    API = "api", _("API")
    COMMAND = "command", _("Command line")
    SCHEDULE = "schedule", _("Schedule")


class TrainingRun(Job):
    """One attempt to train a candidate on the labels of a study; at most one active per
    predictor."""

    Trigger = RunTrigger

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="training_runs")
    predictor = models.ForeignKey(
        Predictor, on_delete=models.PROTECT, related_name="training_runs", db_constraint=False
    )
    snapshot = models.ForeignKey(
        LabelSnapshot,
        on_delete=models.PROTECT,
        null=True,
        related_name="training_runs",
        db_constraint=False,
    )
    trigger = models.CharField(max_length=10, choices=RunTrigger.choices)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    #: `learning.recipe.Recipe` as it was used.
    recipe = models.JSONField(default=dict)
    #: The named recipe that it is made from, by other settings where it differs.
    recipe_name = models.CharField(max_length=40, blank=True, default="", db_default="")
    #: Promote the candidate on its own once it is scored (the first model of a demo, a schedule).
    promote_when_done = models.BooleanField(default=False)
    #: Labelled stimuli that could not be read and were left out:
    #: [{"stimulus": …, "filename": …, "error": …, "split": …}].
    problems = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("Training")
        constraints = [
            one_of("training_run", "state", JobState.values),
            one_of("training_run", "trigger", RunTrigger.values),
            models.UniqueConstraint(
                fields=["predictor"],
                condition=Q(state__in=["queued", "running"]),
                name="training_run_one_active",
            ),
            SharedForeignKey(
                field="predictor", shared="study", name="training_run_predictor_same_study"
            ),
            SharedForeignKey(
                field="snapshot", shared="study", name="training_run_snapshot_same_study"
            ),
            # For the foreign key of a version.
            models.UniqueConstraint(fields=["id", "study"], name="training_run_in_study"),
        ]

    def get_absolute_url(self) -> str:
        return reverse("study-model-run", args=[self.study.slug, "training", self.pk])
