"""Raters' scores. Rows are appended: a change supersedes, nothing is overwritten.

A rating is one rater's answer to one image: a submitted trial with its scores.
"""

from django.db import models
from django.db.models import Q

from .perspective import Perspective
from .trial import Trial


class Score(models.Model):
    """One score of one trial from one perspective, on that perspective's scale."""

    #: Without an index of its own: it leads the unique one.
    trial = models.ForeignKey(
        Trial, on_delete=models.CASCADE, related_name="scores", db_index=False
    )
    #: Without an index: nobody queries the scores of a perspective, and each row would cost.
    perspective = models.ForeignKey(
        Perspective, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    value = models.FloatField()
    revision = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    #: When a later revision replaced it; null marks the score that counts.
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(value__gte=0, value__lte=100), name="score_value_valid"
            ),
            models.CheckConstraint(condition=Q(revision__gte=1), name="score_revision_valid"),
            models.UniqueConstraint(
                fields=["trial", "perspective", "revision"], name="score_revision_unique"
            ),
            models.UniqueConstraint(
                fields=["trial", "perspective"],
                condition=Q(superseded_at=None),
                name="score_one_current",
            ),
        ]
