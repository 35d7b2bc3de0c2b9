"""Images that show what a scale means, for the instructions."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..models import Stimulus
from ..opinion.imported import imported_scores, known_units
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
    """Per perspective, practice images that span the scale; none if there are too few, or if all of
    them have one score and so show no difference.

    They may be among those of the rater's own practice: seeing an example again does no harm, and
    practice images never count.
    """
    practice = imported_scores(study_id).filter(
        stimulus__purpose=Stimulus.Purpose.PRACTICE,
        stimulus__state=Stimulus.State.IN_USE,
        stimulus__sha256__gt="",
    )
    images = {
        pk: (display, prompt)
        for pk, display, prompt in Stimulus.objects.filter(opinion_scores__in=practice).values_list(
            "pk", "display", "prompt__text"
        )
    }
    known: dict[str, list[tuple[str, str, float]]] = {}
    for (stimulus, perspective), unit in sorted(known_units(practice).items()):
        known.setdefault(perspective, []).append((*images[stimulus], unit))
    return {
        item.key: [
            Anchor(display, prompt, item.scale.from_unit(mos))
            for display, prompt, mos in (
                found[place] for place in span([mos for *_image, mos in found], ANCHORS)
            )
        ]
        for item in perspectives
        if len(found := known.get(item.key, [])) >= ANCHORS
        and len({unit for *_image, unit in found}) > 1
    }
