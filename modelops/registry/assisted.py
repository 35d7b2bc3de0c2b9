"""Model-assisted scores: the opinion score of an image and a version's prediction of it, joined.

Only of images whose ratings the version has not learnt from: else they would count twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from annotation.models import OpinionRelease, OpinionScore, Stimulus
from annotation.opinion.comparison.assisted import calibrate_variance, model_assisted_scores
from annotation.opinion.comparison.errors import ComparisonError
from annotation.opinion.comparison.measures import NORMAL_95
from annotation.opinion.forecast import AssistedScore
from annotation.opinion.methods import ScaleLimits
from annotation.opinion.recomputing import ask_worker, recomputed, renew
from annotation.opinion.units import UnitScale

from ..models import ModelVersion, Prediction
from .agreement import measured_stamp
from .holdout import HoldoutPoint, holdout_labels, holdout_points

#: The task that calibrates a version again.
RENEW = "modelops.tasks.renew_calibration"
#: A worker is asked at most once per so many seconds.
_ASK_SECONDS = 30
_UNIT = ScaleLimits(0.0, 1.0, 2)


@dataclass(frozen=True)
class Calibration:
    """What hold-out images say of a version's predictions from one perspective, on 0…1."""

    #: What the version's own variances are multiplied by.
    factor: float
    #: Of a single rating around the true score, a rater's bias included.
    rating_variance: float


#: Perspective's key → calibration; without those that the hold-out is too small for.
Calibrations = Mapping[str, Calibration]


def calibrations_of(version: ModelVersion) -> Calibrations:
    """As the hold-out's labels are now, or were a moment ago."""
    found = recomputed(
        _key(version),
        measured_stamp(version),
        lambda: _calibrations(version),
        small=lambda: True,
        ask=lambda: ask_worker(RENEW, version.pk, seconds=_ASK_SECONDS),
    )
    return found.result or {}


def renew_calibration(version: ModelVersion) -> None:
    """For a worker."""
    renew(_key(version), measured_stamp(version), lambda: _calibrations(version))


def assisted_scores(
    version: ModelVersion,
    scores: Iterable[OpinionScore],
    limits: Mapping[str, tuple[float, float]],
) -> dict[int, dict[str, AssistedScore]]:
    """Stimulus → perspective's key → its opinion score of `scores`, of a release of the study's
    own, joined with the version's prediction; on the scale of the opinion scores.

    limits: by perspective's key, the ends of that scale. Left out: images that the version has
    learnt from or has not predicted, and perspectives without a calibration.
    """
    rows = [row for row in scores if row.n]
    stimuli = {row.stimulus_id for row in rows}
    known, learnt = calibrations_of(version) if rows else {}, _learnt_from(version, stimuli)
    expected = {
        (row.stimulus_id, row.perspective.key): row.expected
        for row in Prediction.objects.filter(
            model_version=version, stimulus__in=stimuli - learnt
        ).select_related("perspective")
    }
    found: dict[int, dict[str, AssistedScore]] = {}
    for row in rows:
        key = row.perspective.key
        at = expected.get((row.stimulus_id, key))
        if at is not None and key in known:
            variance = known[key].factor * at.epistemic_sd**2
            scale = UnitScale(*limits[key])
            joined = _joined(row, scale, at.mean, variance, known[key].rating_variance)
            found.setdefault(row.stimulus_id, {})[key] = joined
    return found


def _joined(
    row: OpinionScore, scale: UnitScale, predicted: float, variance: float, rating_variance: float
) -> AssistedScore:
    own, ratings = scale.of(row.value), row.n or 0
    found = model_assisted_scores([own], [ratings], rating_variance, [predicted], [variance], _UNIT)
    return AssistedScore(
        value=scale.value(float(found.value[0])),
        standard_error=scale.range * float(found.standard_error[0]),
        low=scale.value(float(found.low[0])),
        high=scale.value(float(found.high[0])),
        ratings=ratings,
        worth=float(found.worth[0]),
    )


def _learnt_from(version: ModelVersion, stimuli: Iterable[int]) -> set[int]:
    """Those of `stimuli` whose ratings or published scores the version may have been trained on;
    never hold-out images."""
    snapshot = version.snapshot
    numbers = [item["number"] for item in snapshot.published]
    releases = OpinionRelease.objects.filter(study=version.study_id, number__in=numbers)
    keys = [*releases.values_list("pk", flat=True), snapshot.release_id]
    labelled = OpinionScore.objects.filter(
        release__in=[key for key in keys if key is not None],
        stimulus__in=list(stimuli),
        stimulus__split=Stimulus.Split.POOL,
    )
    return set(labelled.values_list("stimulus_id", flat=True))


def _key(version: ModelVersion) -> str:
    return f"calibration:1:{version.pk}"


def _calibrations(version: ModelVersion) -> Calibrations:
    labelled = holdout_labels(version.study)
    single = labelled.labels.rater_variance()
    points = holdout_points(version, labelled)
    found = {
        key: _calibration(points[key], float(single[column]))
        for column, key in enumerate(labelled.perspectives)
    }
    return {key: item for key, item in found.items() if item is not None}


def _calibration(points: Sequence[HoldoutPoint], rating_variance: float) -> Calibration | None:
    try:
        measured = calibrate_variance(
            [it.mos for it in points],
            [(it.mos_error / NORMAL_95) ** 2 for it in points],
            [it.expected.mean for it in points],
            [it.expected.epistemic_sd**2 for it in points],
        )
    except ComparisonError:
        return None
    return Calibration(measured.factor, rating_variance)
