"""Two versions side by side, on everything that both have predicted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from annotation.models import Stimulus
from annotation.opinion.copying import FLOAT, INTEGER, copy_rows
from workbench.core.jobs.models import JobState

from ..models import ModelVersion, Prediction
from .selectors import last_scoring

#: Comparisons that a process keeps: some 7 MB each of 100,000 images.
_KEPT = 2
_COLUMNS = (("perspective", INTEGER), ("stimulus", INTEGER), ("mean", FLOAT))


@dataclass(frozen=True)
class Disagreement:
    """An image, and the perspective from which two versions differ most about it; on 0…1."""

    stimulus: Stimulus
    perspective: str
    first: float
    second: float


@dataclass(frozen=True)
class Pairs:
    """What two versions expect of the same images from one perspective, (N,) each, on 0…1."""

    stimulus: NDArray[np.int64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]


def paired_predictions(first: ModelVersion, second: ModelVersion) -> dict[str, Pairs]:
    """By the perspective's key, images by id; those that both have predicted. Not to be changed:
    while neither predicts more, a process keeps them."""
    runs = [last_scoring(version) for version in (first, second)]
    if any(run is None or run.state != JobState.SUCCEEDED for run in runs):
        return _paired(first, second)
    return _kept_pairs(first.pk, second.pk, str([run.pk for run in runs if run]))


@lru_cache(_KEPT)
def _kept_pairs(first: int, second: int, _runs: str) -> dict[str, Pairs]:
    found = ModelVersion.objects.select_related("study").in_bulk([first, second])
    return _paired(found[first], found[second])


def _paired(first: ModelVersion, second: ModelVersion) -> dict[str, Pairs]:
    one, other = _predictions(first), _predictions(second)
    found = {}
    for perspective in first.study.perspectives.all():
        own, theirs = (it["perspective"] == perspective.pk for it in (one, other))
        stimuli, left, right = np.intersect1d(
            one["stimulus"][own], other["stimulus"][theirs], True, return_indices=True
        )
        found[perspective.key] = Pairs(
            stimuli, one["mean"][own][left], other["mean"][theirs][right]
        )
    return found


def disagreements(pairs: Mapping[str, Pairs], count: int) -> list[Disagreement]:
    """The images that the versions differ most about, the greatest difference first; from the
    perspective from which it is greatest. Beyond the scale's end is at its end, as it is shown."""
    worst: dict[int, tuple[float, str, float, float]] = {}
    for key, found in pairs.items():
        first, second = np.clip(found.first, 0, 1), np.clip(found.second, 0, 1)
        apart = np.abs(first - second)
        for row in np.argsort(-apart, kind="stable")[:count]:
            stimulus, difference = int(found.stimulus[row]), float(apart[row])
            if difference > worst.get(stimulus, (0.0,))[0]:
                ends = float(first[row]), float(second[row])
                worst[stimulus] = (difference, key, *ends)
    chosen = sorted(worst, key=lambda stimulus: (-worst[stimulus][0], stimulus))[:count]
    stimuli = Stimulus.objects.select_related("prompt", "generator").in_bulk(chosen)
    return [Disagreement(stimuli[pk], *worst[pk][1:]) for pk in chosen if pk in stimuli]


def _predictions(version: ModelVersion) -> dict[str, NDArray[np.float64]]:
    rows = Prediction.objects.filter(model_version=version).order_by("stimulus_id")
    return copy_rows(rows.values_list("perspective_id", "stimulus_id", "mean"), _COLUMNS)


def sampled(pairs: Pairs, most: int) -> Sequence[int]:
    """Places of at most so many images, evenly over all: enough to see, few enough to draw."""
    if pairs.stimulus.size <= most:
        return range(pairs.stimulus.size)
    found: list[int] = np.linspace(0, pairs.stimulus.size - 1, most).astype(int).tolist()
    return found
