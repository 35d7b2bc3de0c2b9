"""How well a version predicts people: all measures on the hold-out, against its labels of now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from annotation.opinion.comparison.bootstrap import Measure
from annotation.opinion.comparison.ceiling import NoiseCeiling
from annotation.opinion.comparison.errors import ComparisonError
from annotation.opinion.comparison.measures import NORMAL_95
from annotation.opinion.comparison.prediction import (
    MappedAgreement,
    MeasuredScores,
    PredictionComparison,
    compare_predictions,
)
from annotation.opinion.imported import imported_stamp
from annotation.opinion.recomputing import Recomputed, ask_worker, recomputed, renew
from annotation.opinion.releases import live_release, stamp_of
from annotation.protocol.scales import Scale
from workbench.core.errors import MintError

from ..models import ModelVersion
from .holdout import HoldoutPoint, holdout_labels, holdout_points


@dataclass(frozen=True)
class GeneratorAgreement:
    """How well a version orders the images of one generator."""

    name: str
    #: Hold-out images that are rated and predicted.
    images: int
    #: None: fewer than three images, or all alike.
    srcc: Measure | None


@dataclass(frozen=True)
class PerspectiveAgreement:
    """The measures from one perspective, on the scale of its question."""

    measures: PredictionComparison
    #: By their names.
    generators: tuple[GeneratorAgreement, ...]


#: Perspective's key → what was found; None on fewer than three images.
Comparisons = Mapping[str, PerspectiveAgreement | None]

#: The task that computes them.
RENEW = "modelops.tasks.renew_agreement"
#: A worker is asked at most once per so many seconds.
_ASK_SECONDS = 30
#: Up to so many labelled hold-out images a first reader waits: all pairs of them are few.
_SMALL = 80


class AgreementBusyError(MintError):
    """The first measures of a version are not computed yet."""

    code = "agreement_busy"
    status = 503

    def __init__(self) -> None:
        super().__init__(
            _("The model is being compared with people; please try again in a moment.")
        )


def agreement_of(version: ModelVersion) -> Recomputed[Comparisons]:
    """By its predictions and the labels of now; None while a worker computes the first."""
    return recomputed(
        _key(version),
        measured_stamp(version),
        lambda: _comparisons(version),
        small=lambda: len(holdout_labels(version.study).stimuli) <= _SMALL,
        ask=lambda: ask_worker(RENEW, version.pk, seconds=_ASK_SECONDS),
    )


def renew_agreement(version: ModelVersion) -> None:
    """For a worker."""
    renew(_key(version), measured_stamp(version), lambda: _comparisons(version))


def measured_stamp(version: ModelVersion) -> str:
    """Another one whenever the hold-out's labels or the version's predictions may be others."""
    study = version.study
    run = version.scoring_runs.order_by("-pk").values_list("pk", "state").first()
    return f"{stamp_of(live_release(study))} {imported_stamp(study)} {run}"


def _key(version: ModelVersion) -> str:
    return f"agreement:2:{version.pk}"


def _comparisons(version: ModelVersion) -> Comparisons:
    points = holdout_points(version, holdout_labels(version.study))
    asked = version.study.perspective_settings
    return {item.key: _comparison(item.scale, points[item.key]) for item in asked}


def _comparison(scale: Scale, points: Sequence[HoldoutPoint]) -> PerspectiveAgreement | None:
    names, generator = _numbered(it.generator for it in points)
    predicted = [scale.from_unit(it.expected.mean) for it in points]
    try:
        found = compare_predictions(predicted, _measured(scale, points, generator))
    except ComparisonError:
        return None
    images = np.bincount(generator).tolist()
    generators = map(GeneratorAgreement, names, images, found.srcc_by_generator)
    return PerspectiveAgreement(found, tuple(generators))


def _measured(
    scale: Scale, points: Sequence[HoldoutPoint], generator: NDArray[np.int64]
) -> MeasuredScores:
    """The labels, whose errors and intervals are those of the pictures of the hold-out."""
    mos = np.array([scale.from_unit(it.mos) for it in points])
    half = scale.width * np.array([it.mos_error for it in points])
    return MeasuredScores.of(
        mos,
        standard_error=half / NORMAL_95,
        low=np.maximum(mos - half, scale.minimum),
        high=np.minimum(mos + half, scale.maximum),
        prompt=_numbered(it.prompt for it in points)[1],
        generator=generator,
    )


def _numbered(names: Iterable[str]) -> tuple[list[str], NDArray[np.int64]]:
    """The different names, and which of them each one is, (N,)."""
    known, numbers = np.unique(np.array(list(names), dtype=np.str_), return_inverse=True)
    return known.tolist(), numbers


@dataclass(frozen=True)
class NamedMeasure:
    """One measure by its name in the API, and what a perfect predictor would reach, if known."""

    name: str
    #: None: not defined on these images.
    measure: Measure | None
    ceiling: Measure | None = None
    #: Whether it is on the question's scale and not within −1…1 or 0…1.
    scaled: bool = False


def measures_of(
    found: PredictionComparison, ceiling: NoiseCeiling | None
) -> tuple[NamedMeasure, ...]:
    """All of them, in the order that people read them in."""
    top_srcc, top_plcc = (ceiling.srcc, ceiling.plcc) if ceiling else (None, None)
    return (
        NamedMeasure("srcc", found.srcc, top_srcc),
        NamedMeasure("srcc_within_generator", found.srcc_within_generator),
        NamedMeasure("srcc_within_prompt", found.srcc_within_prompt),
        NamedMeasure("krcc", found.krcc),
        NamedMeasure("plcc", found.plcc, top_plcc),
        NamedMeasure("rmse", found.rmse, scaled=True),
        *_mapped("logistic", found.logistic, top_plcc),
        *_mapped("cubic", found.cubic, top_plcc),
        NamedMeasure("auc_different", found.auc_different),
        NamedMeasure("auc_better", found.auc_better),
    )


def _mapped(
    by: str, found: MappedAgreement | None, ceiling: Measure | None
) -> Iterator[NamedMeasure]:
    yield NamedMeasure(f"plcc_{by}", found.plcc if found else None, ceiling)
    yield NamedMeasure(f"rmse_{by}", found.rmse if found else None, scaled=True)
    yield NamedMeasure(f"rmse_star_{by}", found.rmse_star if found else None, scaled=True)
    yield NamedMeasure(f"outlier_ratio_{by}", found.outlier_ratio if found else None)
