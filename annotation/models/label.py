"""Opinion scores that came with a published database, not from this workbench's raters."""

from django.db import models
from django.db.models import Q

from ..protocol.perspectives import PERSPECTIVES
from .constraints import finite_from_0, one_of
from .stimulus import Stimulus


class PublishedScore(models.Model):
    """A published MOS of one stimulus from one perspective, on 0…1."""

    stimulus = models.ForeignKey(
        Stimulus, on_delete=models.CASCADE, related_name="published_scores"
    )
    perspective = models.CharField(
        max_length=20, choices=[(str(item), str(item)) for item in PERSPECTIVES]
    )
    mos = models.FloatField()
    #: Standard deviation of the opinion scores and their number, where published.
    sd = models.FloatField(null=True, blank=True)
    raters = models.PositiveIntegerField(null=True, blank=True)
    source = models.CharField(max_length=100)

    class Meta:
        constraints = [
            one_of("published_score", "perspective", PERSPECTIVES),
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
