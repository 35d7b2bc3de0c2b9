"""Rating sessions and their trials. A trial is a lease on one of a stimulus's rating slots."""

import secrets
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..protocol.draw import Draw as TrialDraw
from ..protocol.forms import ALWAYS
from ..protocol.plan import Role as TrialRole
from ..protocol.sessions import OPEN_STATES, SessionState
from ..protocol.skips import NOTE_LIMIT
from .choices import choices_of
from .constraints import SharedForeignKey, one_of, same_study
from .protocol import Protocol
from .rater import Rater
from .stimulus import Stimulus
from .study import Study


def new_session_seed() -> int:
    return secrets.randbelow(2**31)


class RatingSession(models.Model):
    """One sitting of one rater; a rater has at most one that is not over."""

    State = SessionState

    rater = models.ForeignKey(Rater, on_delete=models.CASCADE, related_name="sessions")
    #: What the session asks, to its end. Restricted: a study goes with all that it has, but no
    #: protocol alone from under its sessions.
    protocol = models.ForeignKey(Protocol, on_delete=models.RESTRICT, related_name="sessions")
    state = models.CharField(
        max_length=15,
        choices=choices_of(
            SessionState,
            {
                SessionState.INSTRUCTIONS: _("Instructions"),
                SessionState.RATING: _("Rating"),
                SessionState.PAUSED: _("Paused"),
                SessionState.DONE: _("Done"),
                SessionState.WITHDRAWN: _("Withdrawn"),
                SessionState.STOPPED: _("Ended by the rules"),
                SessionState.SCREENED_OUT: _("Practice not passed"),
                SessionState.EXPIRED: _("Expired"),
            },
        ),
        default=SessionState.INSTRUCTIONS.value,
    )
    #: Determines every random choice of the session, so that it can be replayed.
    seed = models.BigIntegerField(default=new_session_seed)
    #: Viewing conditions as the browser reports them (viewport, pixel ratio, input, language).
    client = models.JSONField(default=dict, blank=True)
    #: When consent was given; a session starts with it.
    consented_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    #: The failed rules that ended it, as they were then (`opinion.reliability.judging.Flag`, one
    #: per item). They stay when the owner lets the rater continue.
    stopped_by = models.JSONField(default=list, blank=True)
    #: The next trial's position and block, raised by the claim that takes a block. Practice is
    #: block 0.
    next_position = models.PositiveIntegerField(default=0)
    next_block = models.PositiveSmallIntegerField(default=0)
    #: How many trials after practice it will have had when it ends, as it looked when the last
    #: block was taken: counting what is left for every answer would cost more than storing one.
    expected_trials = models.PositiveIntegerField(default=0, db_default=0)
    #: When the instructions had been read, moved later by the length of any pauses.
    begun_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    #: When the latest rest ends (or ended).
    rests_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            one_of("session", "state", SessionState),
            models.UniqueConstraint(
                fields=["rater"],
                condition=Q(state__in=[state.value for state in OPEN_STATES]),
                name="session_one_open_per_rater",
            ),
            # For the foreign key of a trial.
            models.UniqueConstraint(fields=["id", "rater"], name="session_of_rater"),
        ]


class TrialState(models.TextChoices):
    LEASED = "leased", _("Leased")
    SUBMITTED = "submitted", _("Submitted")
    SKIPPED = "skipped", _("Skipped")
    EXPIRED = "expired", _("Expired")


class Trial(models.Model):
    """One stimulus shown to one rater: leased, then submitted, skipped or expired."""

    State = TrialState
    Draw = TrialDraw
    Role = TrialRole

    # Without indexes of their own: each leads one below, and every rating would pay for a second.
    # For a rater that its statistics do not know yet, the planner even takes the narrower one, and
    # reads all that the rater has ever rated for each image that a claim looks at. Their foreign
    # keys are among the constraints: all three are of one study, and the session is the rater's.
    session = models.ForeignKey(
        RatingSession,
        on_delete=models.CASCADE,
        related_name="trials",
        db_index=False,
        db_constraint=False,
    )
    rater = models.ForeignKey(
        Rater, on_delete=models.CASCADE, related_name="trials", db_index=False, db_constraint=False
    )
    stimulus = models.ForeignKey(
        Stimulus,
        on_delete=models.PROTECT,
        related_name="trials",
        db_index=False,
        db_constraint=False,
    )
    #: The rater's and the stimulus's, here for those foreign keys; deleted with the rater.
    study = models.ForeignKey(
        Study, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    position = models.PositiveIntegerField()
    block = models.PositiveSmallIntegerField(default=1)
    role = models.CharField(
        max_length=15,
        choices=choices_of(
            TrialRole,
            {
                TrialRole.PRACTICE: _("Practice"),
                TrialRole.STABILISATION: _("Stabilisation"),
                TrialRole.MAIN: _("Main"),
                TrialRole.REPEAT: _("Repeat"),
                TrialRole.GOLD: _("Gold"),
            },
        ),
        default=TrialRole.MAIN.value,
    )
    draw = models.CharField(
        max_length=10,
        choices=choices_of(
            TrialDraw,
            {
                TrialDraw.PRIORITY: _("Priority"),
                TrialDraw.AUDIT: _("Random audit"),
                TrialDraw.HOLDOUT: _("Hold-out"),
                TrialDraw.PLAN: _("Session plan"),
            },
        ),
    )
    state = models.CharField(max_length=10, choices=TrialState.choices, default=TrialState.LEASED)
    #: How many perspectives have their scores, in the study's order: the trial is submitted when
    #: all have. Anything in between occurs only if a study asks for one per pass.
    scored = models.PositiveSmallIntegerField(default=0, db_default=0)
    #: Reasons are asked of scores up to this one, on 0…1; null if none is (`protocol.forms`).
    asked_up_to = models.FloatField(null=True, blank=True, default=ALWAYS, db_default=ALWAYS)
    leased_at = models.DateTimeField()
    lease_expires_at = models.DateTimeField()
    #: When the decoded image was first on the screen, as the answer (or the skip) says.
    displayed_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    #: Why the rater skipped it, as a code (`protocol.skips`).
    skip_reason = models.CharField(max_length=20, blank=True, default="")
    #: In the rater's own words.
    skip_note = models.CharField(max_length=NOTE_LIMIT, blank=True, default="", db_default="")
    #: How the answer came about, as the page measured it (`protocol.behaviour`).
    behaviour = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            one_of("trial", "state", TrialState.values),
            one_of("trial", "draw", TrialDraw),
            one_of("trial", "role", TrialRole),
            models.UniqueConstraint(fields=["session", "position"], name="trial_position_unique"),
            # An image whose lease ran out may come back to the same rater; no other may, except
            # for the hidden repeats, and practice that is gone through again, in a later block.
            models.UniqueConstraint(
                fields=["rater", "stimulus"],
                condition=~Q(state="expired")
                & ~Q(role="repeat")
                & ~Q(role="practice", block__gt=0),
                name="trial_once_per_rater",
            ),
            models.CheckConstraint(
                condition=Q(state="submitted", submitted_at__isnull=False)
                | (~Q(state="submitted") & Q(submitted_at__isnull=True)),
                name="trial_submitted_at_set",
            ),
            models.CheckConstraint(
                condition=Q(asked_up_to=None) | Q(asked_up_to__gte=0, asked_up_to__lte=1),
                name="trial_asked_up_to_valid",
            ),
            SharedForeignKey(field="session", shared="rater", name="trial_session_same_rater"),
            *same_study("trial", "rater", "stimulus"),
        ]
        indexes = [
            models.Index(
                fields=["lease_expires_at"], condition=Q(state="leased"), name="trial_leases"
            ),
            # What one session holds, for every answer: otherwise all the site's leases are read.
            models.Index(
                fields=["session"], condition=Q(state="leased"), name="trial_leases_of_session"
            ),
            models.Index(fields=["stimulus", "state"], name="trial_by_stimulus"),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """`study` is the rater's if it is not given."""
        if self.study_id is None:
            self.study_id = self.rater.study_id
        super().save(*args, **kwargs)
