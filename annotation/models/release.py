"""Opinion scores as tables: releases, their scores, and what they say of raters.

A study has one *live* release, which follows its raters' answers, any number of *named* ones and of
*frozen* ones, which models learnt from, both of which never change, and one *imported* release for
each source of published scores.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .constraints import (
    BelongingFixed,
    Unchanging,
    finite,
    one_of,
    same_study,
)
from .protocol import Protocol
from .study import Study


class ReleaseKind(models.TextChoices):
    OWN = "own", _("Own raters")
    IMPORTED = "imported", _("Published elsewhere")


class ReleaseState(models.TextChoices):
    LIVE = "live", _("Live")
    NAMED = "named", _("Named")
    FROZEN = "frozen", _("Kept for a model")


class ScoreDirection(models.TextChoices):
    HIGHER = "higher", _("Higher is better")
    LOWER = "lower", _("Lower is better")


class PublishedScoreKind(models.TextChoices):
    ACR_MEAN = "acr_mean", _("Mean of category ratings")
    Z_SCORE = "z_score", _("z-score")
    DMOS = "dmos", _("Difference score (DMOS)")
    ELO = "elo", _("Elo rating")
    OTHER = "other", _("Other")


class OpinionRelease(models.Model):
    """One set of opinion scores: how they were made, and of what."""

    Kind = ReleaseKind
    State = ReleaseState
    Direction = ScoreDirection
    ScoreKind = PublishedScoreKind

    study = models.ForeignKey(
        Study, on_delete=models.CASCADE, related_name="opinion_releases", db_index=False
    )
    #: Counts from 1 within the study.
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=100, blank=True, default="")
    kind = models.CharField(max_length=10, choices=ReleaseKind.choices, default=ReleaseKind.OWN)
    state = models.CharField(max_length=10, choices=ReleaseState.choices, default=ReleaseState.LIVE)

    #: Of own scores: in `opinion.methods`, with the version that the method had.
    method = models.CharField(max_length=40, blank=True, default="")
    method_version = models.CharField(max_length=20, blank=True, default="")
    parameters = models.JSONField(default=dict, blank=True)
    #: By which an answer that counts was given.
    protocols = models.ManyToManyField(Protocol, through="ReleaseProtocol", related_name="releases")
    #: Which scores count, in words (`studies.counting`).
    counts_rule = models.TextField(blank=True, default="")
    #: Counting ratings: one rater's answers to one image.
    ratings = models.PositiveIntegerField(default=0)

    #: Of imported scores: whose they are, and on which scale they were published.
    source = models.CharField(max_length=100, blank=True, default="")
    minimum = models.FloatField(null=True, blank=True)
    maximum = models.FloatField(null=True, blank=True)
    direction = models.CharField(
        max_length=10, choices=ScoreDirection.choices, default=ScoreDirection.HIGHER
    )
    score_kind = models.CharField(
        max_length=10, choices=PublishedScoreKind.choices, default=PublishedScoreKind.OTHER
    )

    #: Of the scores and how they were made.
    content_sha256 = models.CharField(max_length=64, blank=True, default="")
    #: What a live release was made of (`opinion.releases.Basis`): it is stale when that changes.
    basis = models.JSONField(default=dict, blank=True)
    #: When the data was read, and how many seconds it took to make scores of it.
    computed_at = models.DateTimeField()
    took = models.FloatField(default=0.0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            one_of("release", "kind", ReleaseKind.values),
            one_of("release", "state", ReleaseState.values),
            one_of("release", "direction", ScoreDirection.values),
            one_of("release", "score_kind", PublishedScoreKind.values),
            models.CheckConstraint(
                condition=Q(kind="own", source="", minimum=None, maximum=None) & ~Q(method="")
                | Q(
                    kind="imported",
                    method="",
                    state="live",
                    minimum__isnull=False,
                    maximum__isnull=False,
                )
                & ~Q(source=""),
                name="release_whole",
            ),
            models.CheckConstraint(
                condition=Q(minimum=None) | finite("minimum") & finite("maximum"),
                name="release_scale_finite",
            ),
            models.CheckConstraint(
                condition=Q(minimum=None) | Q(minimum__lt=F("maximum")),
                name="release_scale_ordered",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["live", "frozen"], name="") | Q(state="named") & ~Q(name=""),
                name="release_titled",
            ),
            models.UniqueConstraint(fields=["study", "number"], name="release_number_unique"),
            models.UniqueConstraint(
                fields=["study"],
                condition=Q(kind="own", state="live"),
                name="release_one_live",
            ),
            models.UniqueConstraint(
                fields=["study", "source"],
                condition=Q(kind="imported"),
                name="release_source_unique",
            ),
            models.UniqueConstraint(
                fields=["study", "name"],
                condition=Q(state="named"),
                name="release_name_unique",
            ),
            models.UniqueConstraint(
                fields=["study", "content_sha256"],
                condition=Q(state="frozen"),
                name="release_frozen_unique",
            ),
            # For the foreign keys of scores, estimates and label snapshots.
            models.UniqueConstraint(fields=["id", "study"], name="release_in_study"),
            Unchanging(
                what="a named or frozen release of opinion scores",
                when="OLD.state <> 'live'",
                deletable=True,
                name="release_unchanging",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.source or str(self.get_state_display())


def fixed_with_release(what: str, name: str) -> BelongingFixed:
    """Of what belongs to a release: the live one and imported ones, which are live too, change."""
    return BelongingFixed(
        what=f"{what} of a named or frozen release",
        owner="release",
        when="owner.state <> 'live'",
        name=name,
    )


class RatingsErased(models.Model):
    """Ratings that a kept release was made of and that are gone: their rater was erased. The
    release itself never changes."""

    study = models.ForeignKey(
        Study, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    release = models.ForeignKey(
        OpinionRelease, on_delete=models.CASCADE, related_name="erasures", db_constraint=False
    )
    #: How many; of one rater, who is not named.
    ratings = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ratings__gte=1), name="ratings_erased_some"),
            *same_study("ratings_erased", "release"),
            Unchanging(what="a note of erased ratings", deletable=True, name="erased_unchanging"),
        ]


class ReleaseRecord(models.Model):
    """The single scores that a named or frozen release was made of, so that it can be made again.

    `opinion.recording` reads and writes it.
    """

    #: Without an index of its own: the release leads to each row.
    study = models.ForeignKey(
        Study, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    release = models.OneToOneField(
        OpinionRelease, on_delete=models.CASCADE, related_name="record", db_constraint=False
    )
    #: Keys of rows of `Score`, ascending: differences of 64-bit integers, compressed.
    scores = models.BinaryField()
    #: How much a rater's scores weighed, by the rater's key; 1 for all who are not in it.
    weights = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            *same_study("release_record", "release"),
            Unchanging(
                what="the record of a release", deletable=True, name="release_record_unchanging"
            ),
            fixed_with_release("the record", "release_record_fixed"),
        ]


class ReleaseProtocol(models.Model):
    """A protocol by which an answer of a release was given."""

    #: Without an index of its own: the release leads to each row.
    study = models.ForeignKey(
        Study, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    release = models.ForeignKey(
        OpinionRelease,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    protocol = models.ForeignKey(
        Protocol, on_delete=models.RESTRICT, related_name="+", db_constraint=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "protocol"], name="release_protocol_unique"),
            *same_study("release_protocol", "release", "protocol"),
            Unchanging(
                what="the protocol of a release", deletable=True, name="release_protocol_unchanging"
            ),
            fixed_with_release("protocols", "release_protocol_fixed"),
        ]
