"""What a release says: of perspectives, of stimuli, and of raters."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ..protocol.verdicts import Verdict
from .choices import choices_of
from .constraints import Unchanging, finite, finite_from_0, one_of, same_study, unknown_or
from .perspective import Perspective
from .rater import Rater
from .release import OpinionRelease, fixed_with_release
from .stimulus import Stimulus
from .study import Study


class _Finding(models.Model):
    """A row of a release about one perspective. Its release leads to each row, so that study and
    perspective need no index."""

    study = models.ForeignKey(
        Study, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    perspective = models.ForeignKey(
        Perspective,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )

    class Meta:
        abstract = True


class ReleasePerspective(_Finding):
    """What a release of own scores says of one perspective as a whole."""

    release = models.ForeignKey(
        OpinionRelease,
        on_delete=models.CASCADE,
        related_name="perspectives",
        db_index=False,
        db_constraint=False,
    )
    #: The ends of the scale that its scores are on.
    minimum = models.FloatField()
    maximum = models.FloatField()
    #: What the method has to say: English texts, translated when they are shown.
    notes = models.JSONField(default=list, blank=True)
    #: The numbers that all its scores share, by which the live release brings some of them up to
    #: date (`methods.base.Estimates.common`).
    common = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=finite("minimum") & finite("maximum") & Q(minimum__lt=F("maximum")),
                name="release_perspective_scale_valid",
            ),
            models.UniqueConstraint(
                fields=["release", "perspective"], name="release_perspective_unique"
            ),
            *same_study("release_perspective", "release", "perspective"),
            Unchanging(
                what="what a release says of a perspective",
                deletable=True,
                name="release_perspective_unchanging",
            ),
            fixed_with_release("what it says of perspectives", "release_perspective_fixed"),
        ]


class OpinionScore(_Finding):
    """A release's score of one stimulus from one perspective, on the release's scale: that of its
    method (`ReleasePerspective`) for own scores, the published one for imported ones."""

    release = models.ForeignKey(
        OpinionRelease,
        on_delete=models.CASCADE,
        related_name="scores",
        db_index=False,
        db_constraint=False,
    )
    stimulus = models.ForeignKey(
        Stimulus, on_delete=models.CASCADE, related_name="opinion_scores", db_constraint=False
    )
    value = models.FloatField()
    standard_error = models.FloatField(null=True, blank=True)
    #: The 95 % interval.
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    #: Sample standard deviation of single scores, and their number.
    sd = models.FloatField(null=True, blank=True)
    n = models.PositiveIntegerField(null=True, blank=True)
    #: Of own scores: the plain mean of the single scores that count, weighed by the study's rules,
    #: on the study's scale, whatever the method makes of them. The MOS in the strict sense.
    mean = models.FloatField(null=True, blank=True)
    #: Scores per level, from the lowest, where the scale has levels.
    histogram = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=finite("value") & unknown_or(finite, "mean"), name="opinion_value_valid"
            ),
            models.CheckConstraint(
                condition=unknown_or(finite_from_0, "sd")
                & unknown_or(finite_from_0, "standard_error"),
                name="opinion_spread_valid",
            ),
            models.CheckConstraint(
                # A check passes where it is NULL, so "not null" has to be said.
                condition=Q(low=None, high=None)
                | Q(low__isnull=False, high__isnull=False, low__lte=F("high"))
                & finite("low")
                & finite("high"),
                name="opinion_interval_valid",
            ),
            models.CheckConstraint(condition=Q(n=None) | Q(n__gte=1), name="opinion_number_valid"),
            models.UniqueConstraint(
                fields=["release", "stimulus", "perspective"], name="opinion_unique"
            ),
            *same_study("opinion", "release", "stimulus", "perspective"),
            # A release that changes writes rows again.
            Unchanging(what="an opinion score", deletable=True, name="opinion_unchanging"),
            fixed_with_release("opinion scores", "opinion_fixed"),
        ]


class SubjectEstimate(_Finding):
    """What a release says of one rater from one perspective."""

    release = models.ForeignKey(
        OpinionRelease,
        on_delete=models.CASCADE,
        related_name="subjects",
        db_index=False,
        db_constraint=False,
    )
    rater = models.ForeignKey(
        Rater, on_delete=models.CASCADE, related_name="estimates", db_constraint=False
    )
    #: On the perspective's scale: by how much the rater scores higher than the others, and how much
    #: their scores scatter about that.
    bias = models.FloatField(null=True, blank=True)
    inconsistency = models.FloatField(null=True, blank=True)
    verdict = models.CharField(
        max_length=10,
        choices=choices_of(
            Verdict,
            {
                Verdict.NONE: _("Not judged"),
                Verdict.KEPT: _("Kept"),
                Verdict.REJECTED: _("Rejected"),
            },
        ),
        blank=True,
        default="",
    )
    reason = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            one_of("subject", "verdict", Verdict),
            models.CheckConstraint(
                condition=unknown_or(finite, "bias") & unknown_or(finite_from_0, "inconsistency"),
                name="subject_numbers_valid",
            ),
            models.UniqueConstraint(
                fields=["release", "rater", "perspective"], name="subject_unique"
            ),
            *same_study("subject", "release", "rater", "perspective"),
            Unchanging(what="an estimate of a rater", deletable=True, name="subject_unchanging"),
            fixed_with_release("estimates of raters", "subject_fixed"),
        ]
