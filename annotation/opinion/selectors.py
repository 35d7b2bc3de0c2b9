"""Opinion scores of a few stimuli, for pages."""

from collections.abc import Sequence
from contextlib import suppress

from ..models import OpinionRelease, OpinionScore, Stimulus, Study
from .numbering import ReleaseBusyError
from .releases import live_release


def scores_of(study: Study, stimuli: Sequence[Stimulus]) -> dict[int, dict[str, OpinionScore]]:
    """Stimulus → perspective's key → opinion score of the live release, on the study's scale.

    Raises ReleaseBusyError while the first ones are being made.
    """
    rows = OpinionScore.objects.filter(
        release=live_release(study), stimulus__in=stimuli
    ).select_related("perspective")
    found: dict[int, dict[str, OpinionScore]] = {stimulus.pk: {} for stimulus in stimuli}
    for row in rows:
        found[row.stimulus_id][row.perspective.key] = row
    return found


def ratings_of(study: Study, stimuli: Sequence[Stimulus]) -> dict[int, dict[str, int]]:
    """Stimulus → perspective's key → how many scores count in the live release as it stands."""
    rows = OpinionScore.objects.filter(
        study=study,
        release__kind=OpinionRelease.Kind.OWN,
        release__state=OpinionRelease.State.LIVE,
        stimulus__in=stimuli,
    )
    found: dict[int, dict[str, int]] = {stimulus.pk: {} for stimulus in stimuli}
    for pk, key, n in rows.values_list("stimulus_id", "perspective__key", "n"):
        found[pk][key] = n or 0
    return found


def limits_by_key(release: OpinionRelease) -> dict[str, tuple[float, float]]:
    """Perspective's key → the ends of the scale that a stored release's scores are on."""
    rows = release.perspectives.values_list("perspective__key", "minimum", "maximum")
    return {key: (minimum, maximum) for key, minimum, maximum in rows}


def scores_if_made(study: Study, stimuli: Sequence[Stimulus]) -> dict[int, dict[str, OpinionScore]]:
    """As `scores_of`; no scores while the first ones are being made."""
    with suppress(ReleaseBusyError):
        return scores_of(study, stimuli)
    return {stimulus.pk: {} for stimulus in stimuli}
