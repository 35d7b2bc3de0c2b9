"""The numbers of a study, each with its one definition: for the list of studies, the overview, the
pages about images and raters, and the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Max, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from ..models import Rater, Stimulus, Study, Trial
from .counting import counting_trials, counting_trials_of, uncounted_trials


@dataclass(frozen=True)
class ImageCounts:
    """Images are those in use, of purpose main; practice and gold images are apart."""

    #: With a file, those of them held out, and labels without a file.
    images: int = 0
    holdout: int = 0
    without_image: int = 0
    practice: int = 0
    gold: int = 0
    #: Of any purpose: withdrawn, excluded, replaced.
    out_of_use: int = 0
    #: How many ratings `images` are to have.
    wanted: int = 0

    @property
    def pool(self) -> int:
        return self.images - self.holdout


@dataclass(frozen=True)
class Listed(ImageCounts):
    """With the ratings that count of images in use: what a row of the list of studies says."""

    given: int = 0

    @property
    def percent(self) -> int:
        return min(100, 100 * self.given // self.wanted) if self.wanted else 0


@dataclass(frozen=True)
class Counts(Listed):
    """All numbers of one study."""

    #: One rater's answer to one image, of those that count (`studies.counting`).
    ratings: int = 0
    #: Images that somebody is looking at, or gets next.
    under_way: int = 0
    #: Images answered in any role: practice, warm-up, repeats and gold too, and by excluded raters.
    answers: int = 0
    last_answer: datetime | None = None
    #: With a link, and those of them who have answered anything.
    raters: int = 0
    raters_started: int = 0

    @property
    def not_counting(self) -> int:
        return self.answers - self.ratings


_USED = Q(state=Stimulus.State.IN_USE)
_MAIN = _USED & Q(purpose=Stimulus.Purpose.MAIN)
_FILE = ~Q(sha256="")
_IMAGES = {
    "images": Count("pk", filter=_MAIN & _FILE),
    "holdout": Count("pk", filter=_MAIN & _FILE & Q(split=Stimulus.Split.HOLDOUT)),
    "without_image": Count("pk", filter=_MAIN & ~_FILE),
    "practice": Count("pk", filter=_USED & Q(purpose=Stimulus.Purpose.PRACTICE)),
    "gold": Count("pk", filter=_USED & Q(purpose=Stimulus.Purpose.GOLD)),
    "out_of_use": Count("pk", filter=~_USED),
    "wanted": Sum("wanted_ratings", default=0, filter=_MAIN & _FILE),
}
_SUBMITTED = Q(state=Trial.State.SUBMITTED)
#: The few images whose scores count although they are not in use; by the index of those.
_WITHDRAWN = Q(stimulus__state=Stimulus.State.WITHDRAWN)
#: Per rater, whether the rater counts or not.
_TRIALS = {
    "status": F("rater__status"),
    "answers": Count("pk", filter=_SUBMITTED),
    "main": Count("pk", filter=_SUBMITTED & Q(role=Trial.Role.MAIN)),
    "last_answer": Max("submitted_at"),
}


def image_counts(study: Study) -> ImageCounts:
    """One statement."""
    return ImageCounts(**Stimulus.objects.filter(study=study).aggregate(**_IMAGES))


def listed_counts(studies: Sequence[Study]) -> dict[int, Listed]:
    """By the study's key; three statements, however many studies there are."""
    keys = [study.pk for study in studies]
    of_images = Stimulus.objects.filter(study__in=keys).order_by().values_list("study")
    rows: Any = of_images.annotate(**_IMAGES)
    images = {study: dict(zip(_IMAGES, found, strict=True)) for study, *found in rows}
    counting = counting_trials_of(keys).order_by()
    of_trials = counting.values_list("rater__study").annotate(number=Count("pk"))
    ratings, withdrawn = dict(of_trials), dict(of_trials.filter(_WITHDRAWN))
    return {
        key: Listed(**images.get(key, {}), given=ratings.get(key, 0) - withdrawn.get(key, 0))
        for key in keys
    }


def counts_of(study: Study) -> Counts:
    """As they are now; five statements, one of which reads all trials."""
    trials = Trial.objects.filter(rater__study=study)
    by_rater: Any = trials.order_by().values("rater").annotate(**_TRIALS)
    found = list(by_rater.values_list(*_TRIALS, named=True))
    main = sum(it.main for it in found if it.status == Rater.Status.ACTIVE)
    ratings = main - uncounted_trials(study).count()
    leased = trials.filter(
        state=Trial.State.LEASED, role=Trial.Role.MAIN, lease_expires_at__gt=timezone.now()
    )
    return Counts(
        **vars(image_counts(study)),
        under_way=leased.count(),
        ratings=ratings,
        given=ratings - counting_trials(study).filter(_WITHDRAWN).count(),
        answers=sum(it.answers for it in found),
        last_answer=max((it.last_answer for it in found if it.last_answer), default=None),
        raters=Rater.objects.filter(study=study).count(),
        raters_started=sum(it.answers > 0 for it in found),
    )


@dataclass(frozen=True)
class Day:
    """Ratings that count, of one day in the server's time zone."""

    day: date
    ratings: int


def ratings_by_day(study: Study) -> list[Day]:
    """Days with ratings, in order; reads every rating."""
    rows = (
        counting_trials(study)
        .annotate(day=TruncDate("submitted_at"))
        .values_list("day")
        .annotate(number=Count("pk"))
        .order_by("day")
    )
    return [Day(day, number) for day, number in rows]
