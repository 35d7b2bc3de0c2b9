"""A study's predictors."""

from django.db import models
from django.db.models import Q

from annotation.models import Study


class Predictor(models.Model):
    """One way to predict a study's scores: a backbone, how it is trained, and how it decides what
    people rate next. A study may have several; the active version of the leading one sets the
    priorities."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="predictors")
    #: What people call it.
    name = models.CharField(max_length=40)
    #: Name of a backbone that the site offers (`predictors.backbones`).
    backbone = models.CharField(max_length=40)
    #: `learning.recipe.Recipe` of its trainings if nothing else is said.
    recipe = models.JSONField(default=dict)
    #: Its name among those of the backbone's kind, `predictors.base.recipes_of`.
    recipe_name = models.CharField(max_length=40, blank=True, default="", db_default="")
    #: Name in `acquisition.STRATEGIES`.
    strategy = models.CharField(max_length=40)
    leading = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["study", "name"], name="predictor_name_unique"),
            models.UniqueConstraint(
                fields=["study"], condition=Q(leading=True), name="predictor_one_leading"
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(backbone="") & ~Q(strategy=""),
                name="predictor_named",
            ),
            # For the foreign keys of runs and versions.
            models.UniqueConstraint(fields=["id", "study"], name="predictor_in_study"),
        ]

    def __str__(self) -> str:
        return self.name
