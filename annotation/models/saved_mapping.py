"""A mapping of a table's columns, kept under a name."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .study import Study


class SavedMapping(models.Model):
    """What the columns of a table are (`stimuli.mapping`), to be used by name in a study's
    imports."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="saved_mappings")
    name = models.CharField(max_length=60)
    #: `mapping.as_json`.
    document = models.JSONField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("Mapping")
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="saved_mapping_named"),
            models.UniqueConstraint(fields=["study", "name"], name="saved_mapping_unique"),
        ]
