"""Rounds of acquisition, and what raters gave until the next one: for the page and the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Aggregate, Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from annotation.models import Stimulus, Study, Trial
from annotation.protocol.draw import Draw
from annotation.studies.counting import answer_counts, uncounted_stimuli

from ..errors import NoRoundError
from ..models import AcquisitionRound


@dataclass(frozen=True)
class Given:
    """Ratings that count, by why they were asked for, and of how many images they are."""

    draw: Draw
    ratings: int
    images: int


@dataclass(frozen=True)
class Outcome:
    """What raters gave while a round's order was in force.

    `by_draw` has every draw, also those of no rating. `images` counts each once, however many draws
    it came by. `not_counting`: answers in practice and warm-up, repeats, gold images, and those of
    raters or images that are excluded.
    """

    by_draw: Sequence[Given]
    images: int
    not_counting: int

    @property
    def ratings(self) -> int:
        return sum(item.ratings for item in self.by_draw)


def rounds_of(study: Study) -> QuerySet[AcquisitionRound]:
    """The latest first."""
    return study.acquisition_rounds.select_related("model_version__predictor")


def round_of(study: Study, pk: int) -> AcquisitionRound:
    """Raises NoRoundError."""
    found = rounds_of(study).filter(pk=pk).first()
    if found is None:
        raise NoRoundError(
            _("This study has no round %(number)d; see its list of rounds.") % {"number": pk}
        )
    return found


def round_before(of: AcquisitionRound) -> AcquisitionRound | None:
    return AcquisitionRound.objects.filter(study=of.study_id, pk__lt=of.pk).first()


def round_after(of: AcquisitionRound) -> AcquisitionRound | None:
    later = AcquisitionRound.objects.filter(study=of.study_id, pk__gt=of.pk)
    return later.order_by("pk").first()


def odd_of(of: AcquisitionRound) -> list[int]:
    """Keys of the images that it took as unlike all others, `ranking.ODD_LISTED` at most."""
    return list(of.parameters.get("odd") or [])


def outcome_of(of: AcquisitionRound, until: datetime | None) -> Outcome:
    """From the round's time on, and before `until`, when the next one was made; None: until now."""
    answers = _answers(of.study, of.created_at, until)
    found = _counted(answers)
    # The few images that do not count, instead of all that do.
    without = _counted(answers.filter(stimulus__in=uncounted_stimuli(of.study)))
    given = {name: number - without[name] for name, number in found.items()}
    by_draw = [Given(draw, given[f"{draw}_ratings"], given[f"{draw}_images"]) for draw in Draw]
    ratings = sum(item.ratings for item in by_draw)
    return Outcome(by_draw, given["images"], found["in_all"] - ratings)


def _counted(answers: QuerySet[Trial]) -> dict[str, int]:
    """How many answers there are, and how many count by each draw, if their image does; with the
    images. One statement, which looks at each answer once."""
    totals: dict[str, Aggregate] = {"in_all": Sum("answers", default=0)}
    counts, some = answer_counts(), Q()
    by_image = answers.values("stimulus").annotate(
        answers=Count("pk"),
        **{draw.value: Count("pk", filter=counts & Q(draw=draw)) for draw in Draw},
    )
    for draw in Draw:
        rated = Q(**{f"{draw}__gt": 0})
        some |= rated
        totals[f"{draw}_ratings"] = Sum(draw.value, default=0)
        totals[f"{draw}_images"] = Count("stimulus", filter=rated)
    return by_image.order_by().aggregate(**totals, images=Count("stimulus", filter=some))


def _answers(study: Study, since: datetime, until: datetime | None) -> QuerySet[Trial]:
    """Submitted from `since` on, and before `until`; none that was imported: nobody asked for them.

    Found by the sessions of that time, because no index knows trials by time: an answer is taken
    while its session lasts (`rating.submission`).
    """
    lasted = Q(session__ended_at=None) | Q(session__ended_at__gte=since)
    found = Trial.objects.filter(
        lasted,
        rater__study=study,
        rater__source="",
        state=Trial.State.SUBMITTED,
        submitted_at__gte=since,
    )
    if until is None:
        return found
    return found.filter(session__consented_at__lt=until, submitted_at__lt=until)


def odd_images(of: AcquisitionRound) -> list[Stimulus]:
    """Those that are still in use."""
    found = Stimulus.objects.filter(
        study=of.study_id, state=Stimulus.State.IN_USE, pk__in=odd_of(of)
    )
    return list(found.order_by("pk"))
