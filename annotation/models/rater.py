"""Raters: pseudonymous codes. Who they are is kept in a table of its own."""

import secrets

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..protocol.recruitment import VALUE_LIMIT
from .constraints import one_of, same_study
from .study import Study

#: No vowels and no look-alikes: codes are read aloud and never spell a word.
ALPHABET = "23456789BCDFGHJKMNPQRTVWXZ"


def new_rater_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(10))


class RaterStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    EXCLUDED = "excluded", _("Excluded")


class Rater(models.Model):
    """One person (or simulated rater) within one study, known by a code."""

    Status = RaterStatus

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="raters")
    code = models.CharField(max_length=20, unique=True, default=new_rater_code)
    status = models.CharField(
        max_length=10, choices=RaterStatus.choices, default=RaterStatus.ACTIVE
    )
    #: Part of the signed link; raising it makes the old link worthless.
    link_version = models.PositiveSmallIntegerField(default=1)
    #: Of a rater whose ratings were imported: whose subject it is, and the hash by which the same
    #: subject is known again (`stimuli.imports.ratings.people`). Nobody rates as such a rater.
    source = models.CharField(max_length=100, blank=True, default="", db_default="")
    subject_sha256 = models.CharField(max_length=64, blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)
    #: When everything that says who they are was deleted, at their wish: nobody comes with the code
    #: any more, which is a new one.
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            one_of("rater", "status", RaterStatus.values),
            models.UniqueConstraint(
                fields=["study", "source", "subject_sha256"],
                condition=~Q(subject_sha256=""),
                name="rater_subject_unique",
            ),
            models.CheckConstraint(
                condition=Q(subject_sha256="") | ~Q(source=""), name="rater_subject_of_source"
            ),
            # For the foreign key of a trial.
            models.UniqueConstraint(fields=["id", "study"], name="rater_in_study"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def comes_back(self) -> bool:
        """Whether somebody may rate as this one: not as one who is erased, nor as the subject of
        another study."""
        return self.erased_at is None and not self.source


class RaterIdentity(models.Model):
    """Who a rater is, kept apart: never exported, deleted without touching a rating."""

    rater = models.OneToOneField(Rater, on_delete=models.CASCADE, related_name="identity")
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)
    note = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "rater identities"

    def __str__(self) -> str:
        return self.name or self.email


class Participant(models.Model):
    """Who a rater is on the crowd platform that sent them, kept apart as a name is."""

    rater = models.OneToOneField(Rater, on_delete=models.CASCADE, related_name="participant")
    #: The rater's, here so that an id is one rater's within it.
    study = models.ForeignKey(
        Study, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    identifier = models.CharField(max_length=VALUE_LIMIT)
    #: Each of the link's parameters, as of the latest visit (`protocol.recruitment`).
    values = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "identifier"], name="participant_unique"),
            models.CheckConstraint(condition=~Q(identifier=""), name="participant_identified"),
            *same_study("participant", "rater"),
        ]
