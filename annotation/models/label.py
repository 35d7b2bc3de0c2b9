"""Opinion scores that came with a published database, not from this workbench's raters."""

from django.db import models
from django.db.models import Q

from ..protocol.perspectives import KEY_LENGTH
from .constraints import finite_from_0
from .stimulus import Stimulus


class PublishedScore(models.Model):
    """A published MOS of one stimulus from one perspective, on 0…1."""

    stimulus = models.ForeignKey(
        Stimulus, on_delete=models.CASCADE, related_name="published_scores"
    )
    #: The key of the study's perspective.
    perspective = models.CharField(max_length=KEY_LENGTH)
    mos = models.FloatField()
    #: Standard deviation of the opinion scores and their number, where published.
    sd = models.FloatField(null=True, blank=True)
    raters = models.PositiveIntegerField(null=True, blank=True)
    source = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(mos__gte=0, mos__lte=1), name="published_score_mos_valid"
            ),
            models.CheckConstraint(
                condition=Q(sd=None) | finite_from_0("sd"), name="published_score_sd_valid"
            ),
            models.CheckConstraint(
                condition=Q(raters=None) | Q(raters__gte=1), name="published_score_raters_valid"
            ),
            models.UniqueConstraint(
                fields=["stimulus", "perspective", "source"], name="published_score_unique"
            ),
        ]
