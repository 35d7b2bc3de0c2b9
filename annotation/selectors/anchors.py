"""Images that show what a scale means, for the instructions."""

from dataclasses import dataclass

from django.db.models import Avg

from ..models import PublishedScore, Stimulus
from ..protocol.perspectives import Perspective
from ..protocol.training import span
from .rating import Access, protocol_of

#: From the worst to the best, per perspective.
ANCHORS = 3


@dataclass(frozen=True, slots=True)
class Anchor:
    """A training image and its published score on the study's scale."""

    display: str
    score: float


def anchors_of(access: Access) -> dict[Perspective, list[Anchor]]:
    """Per perspective, training images that span the scale; none where there are too few.

    They are not those of the rater's own training only: seeing an example again harms nothing,
    and training images are never counted.
    """
    rows = (
        PublishedScore.objects.filter(
            stimulus__study_id=access.study.id, stimulus__purpose=Stimulus.Purpose.TRAINING
        )
        .exclude(stimulus__sha256="")
        .values_list("perspective", "stimulus__display")
        .annotate(mos=Avg("mos"))
        .order_by("stimulus_id")
    )
    known: dict[str, list[tuple[str, float]]] = {}
    for perspective, display, mos in rows:
        known.setdefault(perspective, []).append((display, mos))
    return {
        item.perspective: [
            Anchor(found[place][0], item.scale.from_unit(found[place][1]))
            for place in span([mos for _display, mos in found], ANCHORS)
        ]
        for item in protocol_of(access.study).perspectives
        if len(found := known.get(str(item.perspective), [])) >= ANCHORS
    }
