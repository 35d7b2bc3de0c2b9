"""How far a study is set up, step by step, and which steps its owner has waived.

Steps stay until they are done or waived, also after the study has been opened: without known images
nobody is trained or checked, and without a hold-out no model is measured.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.db.models import Count, Exists, OuterRef
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.errors import MintError

from ..models import OpinionRelease, OpinionScore, Rater, SharedLink, Stimulus, Study
from .audit import record
from .counting import served_stimuli
from .counts import ImageCounts, image_counts


class StepName(StrEnum):
    IMAGES = "images"
    PRACTICE = "practice"
    GOLD = "gold"
    HOLDOUT = "holdout"
    RATERS = "raters"
    OPEN = "open"


#: Those that a study can do without, if somebody says so.
WAIVABLE = (StepName.PRACTICE, StepName.GOLD, StepName.HOLDOUT)


class StepError(MintError):
    """A step that cannot be waived."""

    code = "step_invalid"
    status = 400


@dataclass(frozen=True)
class Setup:
    """What there is of a study: images to rate, those of them held out, usable practice and gold
    images, and whether there are raters or a shared link for them."""

    images: int
    holdout: int
    practice: int
    gold: int
    raters: bool


@dataclass(frozen=True)
class SetupStep:
    """`found` of `wanted` things that it takes."""

    name: StepName
    found: int
    wanted: int
    waived: bool = False

    @property
    def done(self) -> bool:
        return self.found >= self.wanted

    @property
    def settled(self) -> bool:
        return self.done or self.waived

    @property
    def waivable(self) -> bool:
        return self.name in WAIVABLE


def setup_of(study: Study, counted: ImageCounts | None = None) -> Setup:
    """Practice and gold images are usable if a known score says what they are worth.

    counted: the study's images, if they have been counted.
    """
    published = OpinionScore.objects.filter(
        stimulus=OuterRef("pk"), release__kind=OpinionRelease.Kind.IMPORTED
    )
    apart = served_stimuli(study).exclude(purpose=Stimulus.Purpose.MAIN)
    known = apart.filter(Exists(published)).values_list("purpose").order_by()
    usable = dict(known.annotate(number=Count("pk")))
    images = counted or image_counts(study)
    return Setup(
        images=images.images,
        holdout=images.holdout,
        practice=usable.get(Stimulus.Purpose.PRACTICE, 0),
        gold=usable.get(Stimulus.Purpose.GOLD, 0),
        raters=Rater.objects.filter(study=study).exists()
        or SharedLink.objects.filter(study=study, is_open=True).exists(),
    )


def setup_steps(study: Study, counted: ImageCounts | None = None) -> list[SetupStep]:
    """The steps of this study, in order; those that its settings do without are not among them."""
    setup, plan = setup_of(study, counted), study.plan
    wanted = {
        StepName.IMAGES: (setup.images, 1),
        StepName.PRACTICE: (setup.practice, plan.practice_trials),
        StepName.GOLD: (setup.gold, 1 if plan.gold_share else 0),
        StepName.HOLDOUT: (setup.holdout, 1 if study.holdout_share else 0),
        StepName.RATERS: (int(setup.raters), 1),
        StepName.OPEN: (int(study.status != Study.Status.DRAFT), 1),
    }
    return [
        SetupStep(name, found, number, waived=name in study.waived_steps)
        for name, (found, number) in wanted.items()
        if number
    ]


def undone_steps(study: Study) -> list[SetupStep]:
    """What is neither done nor waived, opening apart."""
    steps = setup_steps(study)
    return [step for step in steps if not step.settled and step.name is not StepName.OPEN]


def waive_step(*, study: Study, actor: User | None, name: str, waived: bool = True) -> None:
    """Do without a step, or no longer. Raises StepError for one that no study can do without."""
    if name not in WAIVABLE:
        known = ", ".join(WAIVABLE)
        raise StepError(
            _("The step “%(name)s” cannot be waived; these can: %(known)s.")
            % {"name": name, "known": known}
        )
    with transaction.atomic():
        locked = Study.objects.select_for_update(no_key=True).get(pk=study.pk)
        if (name in locked.waived_steps) == waived:
            return
        others = [item for item in locked.waived_steps if item != name]
        locked.waived_steps = sorted([*others, *([str(name)] if waived else [])])
        locked.save(update_fields=["waived_steps"])
        record(
            study=locked,
            actor=actor,
            action="step.waived" if waived else "step.taken_up",
            step=str(name),
        )
    study.waived_steps = locked.waived_steps
