"""Opinion scores of a few stimuli, for pages."""

from collections.abc import Sequence

from ..models import OpinionRelease, OpinionScore, Stimulus, Study
from .releases import live_release


def scores_of(study: Study, stimuli: Sequence[Stimulus]) -> dict[int, dict[str, OpinionScore]]:
    """Stimulus → perspective's key → opinion score of the live release, on the study's scale."""
    rows = OpinionScore.objects.filter(
        release=live_release(study), stimulus__in=stimuli
    ).select_related("perspective")
    found: dict[int, dict[str, OpinionScore]] = {stimulus.pk: {} for stimulus in stimuli}
    for row in rows:
        found[row.stimulus_id][row.perspective.key] = row
    return found


def limits_by_key(release: OpinionRelease) -> dict[str, tuple[float, float]]:
    """Perspective's key → the ends of the scale that a stored release's scores are on."""
    rows = release.perspectives.values_list("perspective__key", "minimum", "maximum")
    return {key: (minimum, maximum) for key, minimum, maximum in rows}
