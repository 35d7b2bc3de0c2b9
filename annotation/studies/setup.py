"""How far a study is set up: what an owner still has to do before raters can come."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from ..models import OpinionRelease, OpinionScore, Rater, SharedLink, Stimulus, Study
from .counting import served_stimuli


@dataclass(frozen=True)
class Setup:
    """Images to rate (whether there are any), usable practice and gold images, raters or
    a shared link for them."""

    images: bool
    practice: int
    gold: int
    raters: bool


def setup_of(study: Study) -> Setup:
    """Practice and gold images are usable if a published score says what they are worth."""
    published = OpinionScore.objects.filter(
        stimulus=OuterRef("pk"), release__kind=OpinionRelease.Kind.IMPORTED
    )
    images = served_stimuli(study)
    known = images.filter(Exists(published))
    return Setup(
        images=images.filter(purpose=Stimulus.Purpose.MAIN).exists(),
        practice=known.filter(purpose=Stimulus.Purpose.PRACTICE).count(),
        gold=known.filter(purpose=Stimulus.Purpose.GOLD).count(),
        raters=Rater.objects.filter(study=study).exists()
        or SharedLink.objects.filter(study=study, is_open=True).exists(),
    )
