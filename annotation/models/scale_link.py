"""A link from the scale of published scores to another."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .constraints import finite, finite_from_0, same_study
from .perspective import Perspective
from .release import OpinionRelease
from .study import Study


class ScaleLink(models.Model):
    """`offset + slope · score` brings an imported release's scores from one perspective, on 0…1, to
    the scale of the `target`: another imported release, or the study's own raters if it is null.

    An owner asked for it; it stays as it was fitted until they ask again.
    """

    study = models.ForeignKey(
        Study, on_delete=models.CASCADE, related_name="scale_links", db_constraint=False
    )
    release = models.ForeignKey(
        OpinionRelease, on_delete=models.CASCADE, related_name="links", db_constraint=False
    )
    perspective = models.ForeignKey(
        Perspective, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    target = models.ForeignKey(
        OpinionRelease,
        on_delete=models.CASCADE,
        related_name="+",
        null=True,
        blank=True,
        db_constraint=False,
    )
    offset = models.FloatField()
    slope = models.FloatField()
    #: The common images that it was fitted on, and the root mean square of what it leaves of their
    #: scores, on 0…1 of the target.
    images = models.PositiveIntegerField()
    rmse = models.FloatField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    fitted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=finite("offset")
                & finite_from_0("slope")
                & ~Q(slope=0)
                & finite_from_0("rmse")
                & Q(images__gte=1),
                name="scale_link_numbers_valid",
            ),
            models.CheckConstraint(
                condition=Q(target=None) | ~Q(target=F("release")), name="scale_link_apart"
            ),
            models.UniqueConstraint(fields=["release", "perspective"], name="scale_link_unique"),
            *same_study("scale_link", "release", "perspective", "target"),
        ]
