"""What is rated next, and why, with what the model in use expects: for the page and the API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from annotation.models import Stimulus, Study
from annotation.opinion.forecast import Forecast, Knowledge, forecasts_of
from annotation.rating.slots import Pick
from annotation.rating.upcoming import Upcoming, upcoming

from ..models import AcquisitionRound
from .reason_words import reason_in_words


@dataclass(frozen=True)
class QueuedImage:
    """`expected`: by perspective's key, on the study's scales; empty without a prediction."""

    upcoming: Upcoming
    words: str
    expected: Mapping[str, Forecast]

    @property
    def stimulus(self) -> Stimulus:
        return self.upcoming.stimulus


def queued_images(study: Study, picks: Sequence[Pick], first: int = 1) -> list[QueuedImage]:
    """The images of a part of the queue, which begins at the place `first`."""
    prioritised = AcquisitionRound.objects.filter(study=study).exists()
    found = upcoming(study, picks, first)
    expected = forecasts_of(study, [item.stimulus for item in found])
    return [
        QueuedImage(
            item,
            reason_in_words(study, item, prioritised=prioritised),
            expected.get(item.stimulus.pk, {}),
        )
        for item in found
    ]


def knowledge_of(images: Sequence[QueuedImage]) -> Knowledge | None:
    """What the predictions of these images have learnt from: the oldest of it."""
    found = {it.knowledge for image in images for it in image.expected.values()}
    return min(found, key=lambda it: it.at, default=None)
