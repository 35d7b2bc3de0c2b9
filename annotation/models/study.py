"""A study: what is asked, of how many raters, under which rules."""

import secrets
from typing import TYPE_CHECKING, Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..protocol.aigciqa2023 import AIGCIQA2023_FORM
from ..protocol.document import ImageSize as StudyImageSize
from ..protocol.forms import ExplanationAsking, ExplanationForm
from ..protocol.goal import Shares
from ..protocol.perspectives import PerspectiveSettings
from ..protocol.plan import SessionPlan
from ..protocol.reliability_rules import ReliabilityRules
from ..protocol.viewing import ViewingChecks
from .choices import choices_of
from .constraints import one_of

if TYPE_CHECKING:
    from workbench.accounts.models import User


def _default_form() -> dict[str, Any]:
    return AIGCIQA2023_FORM.to_json()


def _default_asking() -> dict[str, Any]:
    return ExplanationAsking().to_json()


def _default_plan() -> dict[str, Any]:
    return SessionPlan().to_json()


def _default_viewing() -> dict[str, Any]:
    return ViewingChecks().to_json()


def _default_rules() -> dict[str, Any]:
    return ReliabilityRules().to_json()


def _random_seed() -> int:
    return secrets.randbelow(2**31)


class StudyStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    OPEN = "open", _("Open")
    PAUSED = "paused", _("Paused")
    CLOSED = "closed", _("Closed")
    #: In no list, and shown to no rater, until it is brought back.
    ARCHIVED = "archived", _("Archived")
    #: There for nobody: a worker deletes it.
    DELETING = "deleting", _("Being deleted")


class ErasedRatings(models.TextChoices):
    """What becomes of the ratings of a rater who is erased; what the consent says."""

    DETACH = "detach", _("They are kept under a new code that nobody knows")
    DROP = "drop", _("They are deleted")


class Study(models.Model):
    """One collection of stimuli, rated by one protocol, and the model trained on it."""

    Status = StudyStatus
    ImageSize = StudyImageSize
    ErasedRatings = ErasedRatings

    title = models.CharField(_("title"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    status = models.CharField(max_length=10, choices=StudyStatus.choices, default=StudyStatus.DRAFT)
    #: What an archived study was, and will be again; empty for every other.
    archived_from = models.CharField(max_length=10, blank=True, default="", db_default="")
    consent = models.TextField(_("consent"), blank=True)
    erased_ratings = models.CharField(
        _("ratings of a rater who asks to be erased"),
        max_length=10,
        choices=ErasedRatings.choices,
        default=ErasedRatings.DETACH,
        db_default=ErasedRatings.DETACH.value,
    )
    #: Days after a rater's last session until who they are is deleted; 0: not by itself.
    identity_days = models.PositiveSmallIntegerField(
        _("days until raters’ names are deleted"), default=0, db_default=0
    )
    instructions = models.TextField(_("instructions"), blank=True)
    #: `protocol.forms.ExplanationForm`.
    explanation_form = models.JSONField(default=_default_form)
    #: `protocol.forms.ExplanationAsking`.
    explanation_asked = models.JSONField(default=_default_asking)
    #: `protocol.plan.SessionPlan`.
    session_plan = models.JSONField(default=_default_plan)
    #: `protocol.viewing.ViewingChecks`.
    viewing_checks = models.JSONField(default=_default_viewing)
    #: `protocol.translations`: the study's own words in other languages.
    translations = models.JSONField(
        default=dict, blank=True, db_default=Value({}, models.JSONField())
    )
    image_size = models.CharField(
        _("size of images on screen"),
        max_length=10,
        choices=choices_of(
            StudyImageSize,
            {
                StudyImageSize.FIT: _("As large as the window allows"),
                StudyImageSize.PIXELS: _(
                    "One image pixel per screen pixel; larger images can be moved"
                ),
            },
        ),
        default=StudyImageSize.FIT.value,
        db_default=StudyImageSize.FIT.value,
    )
    #: `protocol.reliability_rules.ReliabilityRules`.
    reliability_rules = models.JSONField(default=_default_rules)
    #: Of the live release: its name in `opinion.methods.METHODS`.
    opinion_method = models.CharField(
        _("method of opinion scores"), max_length=40, default="subject_map"
    )

    target_ratings = models.PositiveSmallIntegerField(
        _("ratings per image, first pass"), default=3, validators=[MinValueValidator(1)]
    )
    maximum_ratings = models.PositiveSmallIntegerField(
        _("ratings per image, at most"), default=5, validators=[MinValueValidator(1)]
    )
    #: Half of an opinion score's 95 % interval, as a share of its scale, that is narrow enough:
    #: images of the pool are topped up until they have it (`rating.topping_up`). 0: none is.
    wanted_half_width = models.FloatField(
        _("half-width at which an image has enough ratings"),
        default=0.0,
        db_default=0.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
    )
    holdout_ratings = models.PositiveSmallIntegerField(
        _("ratings per hold-out image"), default=15, validators=[MinValueValidator(1)]
    )
    holdout_share = models.FloatField(
        _("share of prompts held out"),
        default=0.2,
        validators=[MinValueValidator(0.0), MaxValueValidator(0.9)],
    )
    #: Share of draws that ignore priority, so that an unbiased sample remains (docs/decisions/005).
    audit_share = models.FloatField(
        _("share of random audit draws"),
        default=0.12,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
    )
    #: Of the draws by priority, those that go to images with the fewest ratings: `protocol.goal`.
    teaching_share = models.FloatField(
        _("share of draws by priority for new images"),
        default=1.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
    )
    session_trials = models.PositiveSmallIntegerField(
        _("images per session"), default=50, validators=[MinValueValidator(1)]
    )
    lease_seconds = models.PositiveIntegerField(
        _("seconds an image is kept for a rater"), default=300, validators=[MinValueValidator(10)]
    )
    #: Retrain automatically after this many new ratings; 0 means never.
    retrain_every = models.PositiveIntegerField(_("retrain after new ratings"), default=0)
    #: Retrain in the night after a day with new ratings.
    retrain_nightly = models.BooleanField(_("retrain at night"), default=False, db_default=False)
    #: Whether raters are asked for no more images of the pool, because a model rates the rest.
    pool_closed = models.BooleanField(default=False, db_default=False, editable=False)
    #: Steps of the set-up that the owner does without (`studies.setup.WAIVABLE`).
    waived_steps = models.JSONField(
        default=list, blank=True, db_default=Value([], models.JSONField()), editable=False
    )
    seed = models.BigIntegerField(default=_random_seed, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "studies"
        constraints = [
            one_of("study", "status", StudyStatus.values),
            one_of("study", "image_size", StudyImageSize),
            one_of("study", "erased_ratings", ErasedRatings.values),
            models.CheckConstraint(
                condition=Q(status="archived", archived_from__in=["draft", "paused", "closed"])
                | ~Q(status="archived") & Q(archived_from=""),
                name="study_archived_from_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(target_ratings__gte=1)
                & Q(target_ratings__lte=F("maximum_ratings"))
                & Q(holdout_ratings__gte=1),
                name="study_ratings_ordered",
                violation_error_message=_(
                    "The first pass cannot ask for more ratings than an image may get at most."
                ),
            ),
            models.CheckConstraint(
                condition=Q(wanted_half_width__gte=0, wanted_half_width__lte=1),
                name="study_half_width_valid",
            ),
            models.CheckConstraint(
                condition=Q(session_trials__gte=1, lease_seconds__gte=10),
                name="study_session_valid",
            ),
            models.CheckConstraint(
                condition=Q(holdout_share__gte=0, holdout_share__lte=0.9)
                & Q(audit_share__gte=0, audit_share__lte=1)
                & Q(teaching_share__gte=0, teaching_share__lte=1),
                name="study_shares_valid",
                violation_error_message=_("Shares lie between 0 and 1 (the hold-out's up to 0.9)."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("study", args=[self.slug])

    @property
    def owner(self) -> "User":
        """The account that the study belongs to."""
        return self.memberships.select_related("user").get(role="owner").user

    @property
    def perspective_settings(self) -> tuple[PerspectiveSettings, ...]:
        """What is asked about each image, in the study's order."""
        return tuple(row.settings for row in self.perspectives.all())

    @property
    def shares(self) -> Shares:
        """How the raters' time is divided."""
        return Shares(self.holdout_share, self.audit_share, self.teaching_share)

    @property
    def form(self) -> ExplanationForm:
        return ExplanationForm.from_json(self.explanation_form)

    @property
    def asking(self) -> ExplanationAsking:
        return ExplanationAsking.from_json(self.explanation_asked)

    @property
    def plan(self) -> SessionPlan:
        return SessionPlan.from_json(self.session_plan)

    @property
    def rules(self) -> ReliabilityRules:
        return ReliabilityRules.from_json(self.reliability_rules)

    @property
    def viewing(self) -> ViewingChecks:
        return ViewingChecks.from_json(self.viewing_checks)
