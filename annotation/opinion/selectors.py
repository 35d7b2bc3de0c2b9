"""Opinion scores of a few stimuli, for pages."""

from ..models import OpinionScore, Stimulus, Study
from .releases import live_release


def mos_of(study: Study, stimuli: list[Stimulus]) -> dict[int, dict[str, float]]:
    """Stimulus → perspective → opinion score of the live release, on the study's scale."""
    rows = OpinionScore.objects.filter(release=live_release(study), stimulus__in=stimuli)
    values: dict[int, dict[str, float]] = {stimulus.pk: {} for stimulus in stimuli}
    for stimulus, perspective, value in rows.values_list(
        "stimulus_id", "perspective__key", "value"
    ):
        values[stimulus][perspective] = value
    return values
