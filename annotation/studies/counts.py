"""The numbers of a study, each with its one definition: for the overview, the raters page and the
API."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, Max, OuterRef, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from ..models import Rater, Stimulus, Study, Trial
from .counting import counting_trials


@dataclass(frozen=True)
class Counts:
    """Images are those in use, of purpose main; practice and gold images are apart."""

    #: With a file, those of them held out, and labels without a file.
    images: int
    holdout: int
    without_image: int
    practice: int
    gold: int
    #: One rater's answer to one image, of those that count (`studies.counting`).
    ratings: int
    #: Those of images in use, how many these are to have, and images that somebody is looking at,
    #: or gets next.
    given: int
    wanted: int
    under_way: int
    #: Images answered in any role: practice, warm-up, repeats and gold too, and by excluded raters.
    answers: int
    last_answer: datetime | None
    #: With a link, and those of them who have answered anything.
    raters: int
    raters_started: int

    @property
    def not_counting(self) -> int:
        return self.answers - self.ratings

    @property
    def percent(self) -> int:
        return min(100, 100 * self.given // self.wanted) if self.wanted else 0


_MAIN = Q(purpose=Stimulus.Purpose.MAIN)
_FILE = ~Q(sha256="")
_IMAGES = {
    "images": Count("pk", filter=_MAIN & _FILE),
    "holdout": Count("pk", filter=_MAIN & _FILE & Q(split=Stimulus.Split.HOLDOUT)),
    "without_image": Count("pk", filter=_MAIN & ~_FILE),
    "practice": Count("pk", filter=Q(purpose=Stimulus.Purpose.PRACTICE)),
    "gold": Count("pk", filter=Q(purpose=Stimulus.Purpose.GOLD)),
    "wanted": Sum("wanted_ratings", default=0, filter=_MAIN & _FILE),
}


def counts_of(study: Study) -> Counts:
    """As they are now; five statements, whatever the study holds."""
    trials = Trial.objects.filter(rater__study=study)
    submitted = trials.filter(state=Trial.State.SUBMITTED)
    answered = submitted.aggregate(answers=Count("pk"), last_answer=Max("submitted_at"))
    leased = trials.filter(
        state=Trial.State.LEASED, role=Trial.Role.MAIN, lease_expires_at__gt=timezone.now()
    )
    own = submitted.filter(rater=OuterRef("pk"))
    raters = Rater.objects.filter(study=study).aggregate(
        raters=Count("pk"), raters_started=Count("pk", filter=Q(Exists(own)))
    )
    in_use = Q(stimulus__state=Stimulus.State.IN_USE)
    counting = counting_trials(study).aggregate(
        ratings=Count("pk"), given=Count("pk", filter=in_use)
    )
    images = Stimulus.objects.filter(study=study, state=Stimulus.State.IN_USE)
    return Counts(
        under_way=leased.count(),
        **images.aggregate(**_IMAGES),
        **counting,
        **answered,
        **raters,
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
