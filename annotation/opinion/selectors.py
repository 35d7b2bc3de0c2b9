"""Opinion scores of a few stimuli, for pages."""

from ..models import Rater, Score, Stimulus, Study, Trial
from .reliability.selectors import recent_weights


def mos_of(study: Study, stimuli: list[Stimulus]) -> dict[int, dict[str, float]]:
    """Stimulus → perspective → mean of the current scores that count, on the study's scale, with
    the weights of the study's rules."""
    rows = Score.objects.filter(
        trial__stimulus__in=stimuli,
        trial__role=Trial.Role.MAIN,
        trial__state=Trial.State.SUBMITTED,
        trial__rater__status=Rater.Status.ACTIVE,
        superseded_at=None,
    ).values_list("trial__stimulus_id", "perspective__key", "value", "trial__rater_id")
    weights = recent_weights(study)
    sums: dict[tuple[int, str], tuple[float, float]] = {}
    for stimulus, perspective, score, rater in rows:
        weight = weights.get(rater, 1.0)
        total, weighed = sums.get((stimulus, perspective), (0.0, 0.0))
        sums[stimulus, perspective] = total + weight * score, weighed + weight
    means: dict[int, dict[str, float]] = {stimulus.pk: {} for stimulus in stimuli}
    for (stimulus, perspective), (total, weighed) in sums.items():
        means[stimulus][perspective] = total / weighed
    return means
