"""What raters were asked, kept for as long as anything was asked by it."""

from django.db import models
from django.db.models import Deferrable, Q

from .constraints import Unchanging
from .study import Study


class Protocol(models.Model):
    """One state of all that a study asks: a row is written once and never changed.

    A study's own settings are the working copy; `studies.protocols` says which row is theirs.
    """

    study = models.ForeignKey(
        Study, on_delete=models.CASCADE, related_name="protocols", db_index=False
    )
    #: From 1, in the order in which they came into use.
    number = models.PositiveSmallIntegerField()
    #: `protocol.document.ProtocolDocument`.
    content = models.JSONField()
    #: Of the content in its canonical form.
    content_sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(condition=Q(number__gte=1), name="protocol_number_valid"),
            # At the end of the transaction: one that nobody has answered gives way to another of
            # its number.
            models.UniqueConstraint(
                fields=["study", "number"],
                deferrable=Deferrable.DEFERRED,
                name="protocol_number_unique",
            ),
            models.UniqueConstraint(
                fields=["study", "content_sha256"], name="protocol_content_unique"
            ),
            # For the foreign keys of releases.
            models.UniqueConstraint(fields=["id", "study"], name="protocol_in_study"),
            # Deleted only if no session or release points to it: the foreign key sees to that.
            Unchanging(what="a protocol", deletable=True, name="protocol_unchanging"),
        ]

    def __str__(self) -> str:
        return f"{self.study} {self.number}"
