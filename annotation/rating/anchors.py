"""Images that show what a scale means, for the instructions."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Avg

from ..models import PublishedScore, Stimulus
from ..protocol.perspectives import PerspectiveSettings
from ..protocol.practice import span

#: From the worst to the best, per perspective.
ANCHORS = 3


@dataclass(frozen=True, slots=True)
class Anchor:
    """A practice image and its published score on the study's scale."""

    display: str
    prompt: str
    score: float


def anchors_of(
    study_id: int, perspectives: Iterable[PerspectiveSettings]
) -> dict[str, list[Anchor]]:
    """Per perspective, practice images that span the scale; none if there are too few.

    They are not those of the rater's own practice only: seeing an example again harms nothing,
    and practice images are never counted.
    """
    rows = (
        PublishedScore.objects.filter(
            stimulus__study_id=study_id, stimulus__purpose=Stimulus.Purpose.PRACTICE
        )
        .exclude(stimulus__sha256="")
        .values_list("perspective", "stimulus__display", "stimulus__prompt__text")
        .annotate(mos=Avg("mos"))
        .order_by("stimulus_id")
    )
    known: dict[str, list[tuple[str, str, float]]] = {}
    for perspective, display, prompt, mos in rows:
        known.setdefault(perspective, []).append((display, prompt, mos))
    return {
        item.key: [
            Anchor(display, prompt, item.scale.from_unit(mos))
            for display, prompt, mos in (
                found[place] for place in span([mos for *_image, mos in found], ANCHORS)
            )
        ]
        for item in perspectives
        if len(found := known.get(item.key, [])) >= ANCHORS
    }
