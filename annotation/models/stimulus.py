"""Stimuli: generated images with the prompt and the generator they came from."""

import hashlib
import random

from django.db import models
from django.db.models import F, Q
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext_lazy as _

from ..protocol.spelling import name_form, prompt_form
from ..protocol.split import Split as StimulusSplit
from .choices import choices_of
from .constraints import finite, one_of, same_study
from .fields import FormHashField
from .study import Study


def new_shuffle() -> float:
    return random.random()


class Generator(models.Model):
    """A text-to-image system whose images a study holds, under the first spelling of its name."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="generators")
    name = models.CharField(max_length=200)
    #: The same for all spellings of a name (`protocol.spelling`).
    group_sha256 = FormHashField(of="name", form=name_form)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "group_sha256"], name="generator_unique"),
            # For the foreign key of a stimulus.
            models.UniqueConstraint(fields=["id", "study"], name="generator_in_study"),
        ]

    def __str__(self) -> str:
        return self.name


class Prompt(models.Model):
    """What a generator was asked for, as it was written. Compared by hash: texts run to thousands
    of characters."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="prompts")
    text = models.TextField()
    text_sha256 = models.CharField(max_length=64)
    #: The same for all spellings of a prompt (`protocol.spelling`), which are one prompt to the
    #: hold-out, to trainings, to the order of images and to imports.
    group_sha256 = FormHashField(of="text", form=prompt_form)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "text_sha256"], name="prompt_unique"),
            # For the foreign key of a stimulus.
            models.UniqueConstraint(fields=["id", "study"], name="prompt_in_study"),
        ]
        indexes = [models.Index(fields=["study", "group_sha256"], name="prompt_group")]

    def __str__(self) -> str:
        return self.text


class StimulusPurpose(models.TextChoices):
    MAIN = "main", _("Main")
    PRACTICE = "practice", _("Practice")
    GOLD = "gold", _("Gold")


class StimulusState(models.TextChoices):
    """Whether an image is shown to raters, and whether its scores count (docs/decisions/030)."""

    IN_USE = "in_use", _("In use")
    #: Shown to nobody; its scores count.
    WITHDRAWN = "withdrawn", _("Withdrawn, scores count")
    #: Shown to nobody; its scores do not count.
    EXCLUDED = "excluded", _("Excluded from scores")
    #: Excluded, and its files are deleted.
    PURGED = "purged", _("Deleted")


#: Of images whose scores count.
COUNTING_STATES = (StimulusState.IN_USE, StimulusState.WITHDRAWN)

#: The fields of an image's files.
FILES = ("image", "display", "exact", "thumbnail")

#: Each split with its label.
SPLITS = choices_of(
    StimulusSplit, {StimulusSplit.POOL: _("Pool"), StimulusSplit.HOLDOUT: _("Hold-out")}
)


class Stimulus(models.Model):
    """One generated image. Without a file it is a label only (a database without its images)."""

    Split = StimulusSplit
    Purpose = StimulusPurpose
    State = StimulusState

    #: Without an index of its own: it leads the unique ones.
    study = models.ForeignKey(
        Study, on_delete=models.CASCADE, related_name="stimuli", db_index=False
    )
    #: Of the same study: the foreign keys are among the constraints.
    prompt = models.ForeignKey(
        Prompt, on_delete=models.PROTECT, related_name="stimuli", db_constraint=False
    )
    generator = models.ForeignKey(
        Generator, on_delete=models.PROTECT, related_name="stimuli", db_constraint=False
    )
    #: The manifest's name for it, unique within the study among images that were not replaced.
    filename = models.CharField(max_length=300)
    image = models.FileField(max_length=200, blank=True)
    #: The whole picture without loss and without anything else of the file, at most DISPLAY_SIDE on
    #: its longer side; and at its own size if that is more, else empty.
    display = models.FileField(max_length=200, blank=True)
    exact = models.FileField(max_length=200, blank=True, default="", db_default="")
    thumbnail = models.FileField(max_length=200, blank=True)
    #: By which rules these three were made (`stimuli.importing.picture.RENDERING`).
    rendering = models.PositiveSmallIntegerField(default=0, db_default=0)
    #: Of the original file's bytes; empty if there is no file.
    sha256 = models.CharField(max_length=64, blank=True, default="")
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    #: The manifest's further columns.
    metadata = models.JSONField(default=dict, blank=True)
    split = models.CharField(max_length=10, choices=SPLITS, default=StimulusSplit.POOL.value)
    purpose = models.CharField(
        max_length=10, choices=StimulusPurpose.choices, default=StimulusPurpose.MAIN
    )
    #: An attention check: a gold image whose prompt says which scores to give. Its published scores
    #: are those, and only they are right.
    attention_check = models.BooleanField(_("attention check"), default=False, db_default=False)

    state = models.CharField(
        max_length=10,
        choices=StimulusState.choices,
        default=StimulusState.IN_USE,
        db_default=StimulusState.IN_USE.value,
    )
    #: The image that took its place and its filename, if it was the wrong one.
    replaced_by = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaces",
        db_constraint=False,
    )

    #: Higher comes first; written only by modelops (`stimuli.priorities`).
    priority = models.FloatField(default=0.0)
    #: A fixed random number: the order of audit and hold-out draws.
    shuffle = models.FloatField(default=new_shuffle, editable=False)
    #: Ratings wanted now, ratings ever allowed, and trials that hold one of those places
    #: (leased or submitted). The counter makes a claim O(1) and the cap a database fact.
    wanted_ratings = models.PositiveSmallIntegerField()
    maximum_ratings = models.PositiveSmallIntegerField()
    claimed_ratings = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "stimuli"
        constraints = [
            one_of("stimulus", "split", StimulusSplit),
            one_of("stimulus", "purpose", StimulusPurpose.values),
            models.CheckConstraint(
                condition=Q(attention_check=False) | Q(purpose="gold"),
                name="stimulus_attention_check_gold",
            ),
            one_of("stimulus", "state", StimulusState.values),
            models.CheckConstraint(
                condition=~Q(state="purged") | Q(sha256=""), name="stimulus_purged_without_file"
            ),
            models.CheckConstraint(
                condition=Q(replaced_by=None) | ~Q(state="in_use"), name="stimulus_replaced_unused"
            ),
            models.UniqueConstraint(
                fields=["study", "filename"],
                condition=Q(replaced_by=None),
                name="stimulus_filename_unique",
            ),
            models.UniqueConstraint(
                fields=["study", "prompt", "sha256"],
                condition=~Q(sha256="") & Q(replaced_by=None),
                name="stimulus_content_unique",
            ),
            models.CheckConstraint(
                condition=Q(sha256="", image="", width=None, height=None)
                # A check passes if it is NULL, so "not null" has to be said.
                | (
                    ~Q(sha256="")
                    & ~Q(image="")
                    & Q(width__isnull=False, height__isnull=False, width__gte=1, height__gte=1)
                ),
                name="stimulus_file_complete",
            ),
            models.CheckConstraint(
                condition=Q(wanted_ratings__lte=F("maximum_ratings"))
                & Q(claimed_ratings__lte=F("maximum_ratings")),
                name="stimulus_ratings_capped",
            ),
            models.CheckConstraint(
                condition=finite("priority") & Q(shuffle__gte=0, shuffle__lt=1),
                name="stimulus_order_valid",
            ),
            *same_study("stimulus", "prompt", "generator", "replaced_by"),
            # For the foreign key of a trial.
            models.UniqueConstraint(fields=["id", "study"], name="stimulus_in_study"),
        ]
        indexes = [
            # The orders in which a trial is drawn; each covers only images still wanted.
            models.Index(
                F("study"),
                F("split"),
                F("priority").desc(),
                F("shuffle"),
                condition=Q(claimed_ratings__lt=F("wanted_ratings"), purpose="main", state="in_use")
                & ~Q(sha256=""),
                name="stimulus_by_priority",
            ),
            models.Index(
                F("study"),
                F("split"),
                F("claimed_ratings"),
                F("priority").desc(),
                F("shuffle"),
                condition=Q(claimed_ratings__lt=F("wanted_ratings"), purpose="main", state="in_use")
                & ~Q(sha256=""),
                name="stimulus_by_ratings",
            ),
            models.Index(
                F("study"),
                F("split"),
                F("shuffle"),
                condition=Q(claimed_ratings__lt=F("wanted_ratings"), purpose="main", state="in_use")
                & ~Q(sha256=""),
                name="stimulus_by_shuffle",
            ),
            models.Index(fields=["sha256"], name="stimulus_sha256"),
            # Few, and looked up whenever scores are computed.
            models.Index(
                fields=["study"], condition=~Q(state="in_use"), name="stimulus_out_of_use"
            ),
            # Few, and left out of every count: all images are read otherwise.
            models.Index(
                fields=["study"],
                condition=~Q(purpose="main", sha256__gt="", state__in=COUNTING_STATES),
                name="stimulus_not_counting",
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def picture(self) -> FieldFile:
        """What a person sees and the model reads, at full size."""
        return self.exact or self.display

    @property
    def picture_sha256(self) -> str:
        """Differs for pictures of other files and for pictures made by other rules: what is
        computed from a picture is kept under it."""
        return picture_sha256(self.sha256, self.rendering)


def picture_sha256(sha256: str, rendering: int) -> str:
    """`Stimulus.picture_sha256`, for whoever reads very many of them without the rest."""
    return hashlib.sha256(f"{sha256} {rendering}".encode()).hexdigest()
