"""What a study asks about each image: its perspectives, in order, each with its own scale."""

from django.db import models
from django.db.models import Deferrable, Q
from django.utils.translation import gettext_lazy as _

from ..protocol.perspectives import KEY_LENGTH, KEY_PATTERN, PerspectiveSettings
from ..protocol.scales import Scale
from .study import Study


class Perspective(models.Model):
    """One question that each image of a study is scored on. Written by `studies.services` alone."""

    study = models.ForeignKey(
        Study, on_delete=models.CASCADE, related_name="perspectives", db_index=False
    )
    #: Names it in the API, manifests and exports.
    key = models.SlugField(max_length=KEY_LENGTH, db_index=False)
    #: Its place in the study's order, from 0.
    position = models.PositiveSmallIntegerField()
    label = models.TextField()
    question = models.TextField()
    help = models.TextField(blank=True, default="")
    #: `protocol.scales.Scale`.
    scale = models.JSONField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(key__regex=KEY_PATTERN),
                name="perspective_key_valid",
                violation_error_message=_(
                    "A key is made of lower-case letters, digits and “_”, and starts with a letter."
                ),
            ),
            models.UniqueConstraint(fields=["study", "key"], name="perspective_key_unique"),
            # At the end of the transaction, so that two can change places.
            models.UniqueConstraint(
                fields=["study", "position"],
                name="perspective_position_unique",
                deferrable=Deferrable.DEFERRED,
            ),
            # For foreign keys of rows that name their study too.
            models.UniqueConstraint(fields=["id", "study"], name="perspective_in_study"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def settings(self) -> PerspectiveSettings:
        scale = Scale.from_json(self.scale)
        return PerspectiveSettings(self.key, self.label, self.question, scale, self.help)

    def say(self, settings: PerspectiveSettings) -> None:
        """Take over all of `settings`; the study and the place in its order are the caller's."""
        for column, value in settings.to_json().items():
            setattr(self, column, value)
