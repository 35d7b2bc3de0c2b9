"""How versions do on the hold-out, all compared on its current labels."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

from annotation.models import Stimulus, Study
from annotation.opinion.labels import labels_of

from ..learning.evaluation import Agreement, evaluate, mean_srcc, srcc_interval_by_prompt
from ..learning.labels import label_variance
from ..learning.uncertainty import Expectation
from ..models import ModelVersion, Prediction
from .labelled import LabelledStimuli, labelled_stimuli

#: What is told of an image of the hold-out.
_NAMES = ("filename", "prompt__group_sha256", "generator__name")


@dataclass(frozen=True)
class HoldoutPoint:
    """A hold-out image: what the version predicted, and what its raters say."""

    stimulus: int
    mos: float
    expected: Expectation
    filename: str = ""
    #: Half of the 95 % interval of the label, on 0…1.
    mos_error: float = 0.0
    #: The same for all spellings of its prompt.
    prompt: str = ""
    generator: str = ""


#: Per perspective's key.
Points = dict[str, list[HoldoutPoint]]


@dataclass(frozen=True)
class Standing:
    """How a version does on the hold-out, by the perspective's key."""

    agreements: dict[str, Agreement]
    #: What it was measured on.
    points: Points = field(default_factory=dict)

    def srcc_interval(self, perspective: str) -> tuple[float, float] | None:
        """The 95 % interval of the SRCC, over draws of whole prompts."""
        points = self.points.get(perspective, [])
        return srcc_interval_by_prompt(
            tuple(it.expected.mean for it in points),
            tuple(it.mos for it in points),
            tuple(it.prompt for it in points),
        )

    @property
    def srcc(self) -> float | None:
        """The mean over the perspectives: what pages compare versions by, and promotions decide
        by."""
        return mean_srcc(self.agreements.values())

    @property
    def measured(self) -> list[str]:
        """The perspectives that this mean is over."""
        return [key for key, it in self.agreements.items() if it.srcc is not None]


def holdout_labels(study: Study) -> LabelledStimuli:
    """The current labels, made as a training's are."""
    split = Stimulus.Split.HOLDOUT
    return labelled_stimuli(study, labels_of(study, split=split), split, only=_NAMES)


def holdout_points(version: ModelVersion, labelled: LabelledStimuli) -> Points:
    """Per perspective, the labelled hold-out stimuli that `version` has predicted, by id."""
    rows = {stimulus: row for row, stimulus in enumerate(labelled.keys)}
    columns = {key: column for column, key in enumerate(labelled.perspectives)}
    errors = stats.norm.ppf(0.975) * np.sqrt(label_variance(labelled.labels))
    points: Points = {key: [] for key in labelled.perspectives}
    # As plain values: thousands of them are read for a page.
    predicted = Prediction.objects.filter(model_version=version, stimulus__in=rows)
    for stimulus, key, *expected in predicted.order_by("stimulus").values_list(
        "stimulus_id", "perspective__key", "mean", "posterior_sd", "misfit_sd", "rater_sd"
    ):
        row = rows[stimulus]
        mos = float(labelled.labels.mos[row, columns[key]])
        if np.isfinite(mos):
            image = labelled.stimuli[row]
            points[key].append(
                HoldoutPoint(
                    stimulus,
                    mos,
                    Expectation(*expected),
                    image.filename,
                    float(errors[row, columns[key]]),
                    image.prompt.group_sha256,
                    image.generator.name,
                )
            )
    return points


def on_common_ground(all_points: Sequence[Points]) -> list[Points]:
    """The same points, without those of stimuli that some version has not predicted."""
    if not all_points:
        return []
    common: dict[str, set[int]] = {
        key: set.intersection(*({it.stimulus for it in points[key]} for points in all_points))
        for key in all_points[0]
    }
    return [
        {key: [it for it in found if it.stimulus in common[key]] for key, found in points.items()}
        for points in all_points
    ]


def standings(all_points: Sequence[Points]) -> list[Standing]:
    """How versions do on the images that all of them have predicted, in their order."""
    return [
        Standing({key: _agreement(found) for key, found in points.items()}, points)
        for points in on_common_ground(all_points)
    ]


def standing_of(version: ModelVersion) -> Standing:
    """How a version does by itself."""
    return standings([holdout_points(version, holdout_labels(version.study))])[0]


def _agreement(points: Sequence[HoldoutPoint]) -> Agreement:
    return evaluate([it.expected.mean for it in points], [it.mos for it in points])
