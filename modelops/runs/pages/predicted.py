"""What a version expects of images, for pages: scores, four uncertainties, and what was learnt."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotation.models import Stimulus, Study
from annotation.opinion.selectors import ratings_of
from annotation.studies.texts import localized

from ...registry.current import Current
from ...registry.selectors import expectations_of
from ...registry.units import expectation_on


@dataclass(frozen=True)
class PredictedScore:
    """One predicted score on the study's scale, and standard deviations there, as
    `learning.uncertainty` names them; `label_sd` is None if nobody has rated the image."""

    label: str
    mean: float
    posterior_sd: float
    misfit_sd: float
    epistemic_sd: float
    rater_sd: float
    label_sd: float | None


def predicted_scores(
    study: Study, stimuli: Sequence[Stimulus], state: Current
) -> dict[int, list[PredictedScore]]:
    """The predictions for some of `predicted_stimuli`, each in the study's order."""
    ratings = ratings_of(study, stimuli)
    return {item.pk: _of_one(study, item, state, ratings[item.pk]) for item in stimuli}


def _of_one(
    study: Study, stimulus: Stimulus, state: Current, ratings: dict[str, int]
) -> list[PredictedScore]:
    found, scores = expectations_of(stimulus, state), []
    for item in study.perspective_settings:
        if item.key in found:
            expected = found[item.key]
            scaled = expectation_on(item.scale, expected, ratings.get(item.key, 0))
            scores.append(
                PredictedScore(
                    localized(item.label),
                    # A person is shown the scale's end, whatever rounding says.
                    item.scale.from_unit(min(1.0, max(0.0, expected.mean))),
                    scaled.posterior_sd,
                    scaled.misfit_sd,
                    scaled.epistemic_sd,
                    scaled.rater_sd,
                    scaled.label_sd,
                )
            )
    return scores
