"""Why raters gave their scores. Rows are appended: a change supersedes, nothing is overwritten."""

from django.db import models
from django.db.models import Q, Value

from .perspective import Perspective
from .trial import Trial

_EMPTY = Value([], models.JSONField())


class Explanation(models.Model):
    """Why: the phrases chosen for one perspective of one trial, a free text, and what it is about
    (`protocol.marks`)."""

    #: Without an index of its own: it leads the unique one.
    trial = models.ForeignKey(
        Trial, on_delete=models.CASCADE, related_name="explanations", db_index=False
    )
    #: Without an index: nobody queries the explanations of a perspective, and each row would cost.
    perspective = models.ForeignKey(
        Perspective, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    #: Form field key → chosen level (1 is the worst).
    phrases = models.JSONField(default=dict, blank=True)
    text = models.TextField(blank=True, default="")
    #: Boxes and strokes on the image, in shares of its width and height.
    regions = models.JSONField(default=list, db_default=_EMPTY, blank=True)
    #: Numbers of words of the prompt, from 0, in order.
    words = models.JSONField(default=list, db_default=_EMPTY, blank=True)
    language = models.CharField(max_length=20)
    revision = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(revision__gte=1), name="explanation_revision_valid"),
            models.UniqueConstraint(
                fields=["trial", "perspective", "revision"], name="explanation_revision_unique"
            ),
            models.UniqueConstraint(
                fields=["trial", "perspective"],
                condition=Q(superseded_at=None),
                name="explanation_one_current",
            ),
        ]
