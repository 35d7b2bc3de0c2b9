"""Who did what, when: appended, never changed."""

from django.conf import settings
from django.db import models

from .constraints import Unchanging
from .study import Study


class AuditEntry(models.Model):
    """One act on a study by a person (or, without an actor, by the workbench itself).

    It outlives both: a study or an actor that is deleted becomes null.
    """

    study = models.ForeignKey(
        Study, on_delete=models.SET_NULL, null=True, related_name="audit_entries"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    #: `noun.verb`, for example `model.promoted`.
    action = models.CharField(max_length=60)
    detail = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name_plural = "audit entries"
        constraints = [
            Unchanging(
                what="an audit entry", forgets=["study", "actor"], name="audit_entry_unchanging"
            )
        ]
        indexes = [models.Index(fields=["study", "-created_at"], name="audit_by_study")]
