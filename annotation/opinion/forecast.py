"""What a model expects of images, for pages of this package, which knows no model.

A room above puts its forecast here when the site starts (`modelops.apps`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from ..models import OpinionScore, Stimulus, Study


@dataclass(frozen=True)
class Knowledge:
    """Which labels a forecast has learnt from."""

    #: Number of the model's version.
    version: int
    #: Those that the study's scores rested on, and when.
    ratings: int
    at: datetime
    #: Whether the study has so many more that the forecast is about to be made again.
    stale: bool


@dataclass(frozen=True)
class Forecast:
    """A predicted score, within the study's scale, and standard deviations on it."""

    mean: float
    #: How far the true score may be from it: √(posterior² + misfit²).
    sd: float
    #: Of the prediction; ratings lessen it.
    posterior_sd: float
    #: Of the true score around what such a model can expect at best.
    misfit_sd: float
    #: Of one rater's score around the true one.
    rater_sd: float
    knowledge: Knowledge


@dataclass(frozen=True)
class Forecasts:
    """The predicted scores of S images from one perspective, on the study's scale."""

    #: (S,): keys, ascending.
    stimulus: NDArray[np.int64]
    mean: NDArray[np.float64]


@dataclass(frozen=True)
class AssistedScore:
    """An image's opinion score and the prediction of a model that has not learnt from its ratings,
    joined, each by its variance; on the scale of the opinion score. Not a MOS."""

    value: float
    standard_error: float
    #: The ends of the 95 % interval.
    low: float
    high: float
    #: Of the image, and as how many ratings the score is precise.
    ratings: int
    worth: float


class Forecaster(Protocol):
    """Whoever predicts scores. No model learns from hold-out images."""

    def expected(self, study: Study, stimuli: Sequence[Stimulus]) -> dict[int, dict[str, Forecast]]:
        """Stimulus → perspective's key → what the model in use expects; empty without a model."""

    def most_uncertain(
        self, study: Study, perspective: str, stimuli: QuerySet[Stimulus]
    ) -> QuerySet[Stimulus] | None:
        """The stimuli, those first of which the model in use is least sure; None without one."""

    def all_expected(self, study: Study) -> dict[str, Forecasts]:
        """Perspective's key → all that the model in use has predicted; empty without a model."""

    def assisted(
        self,
        study: Study,
        scores: Sequence[OpinionScore],
        limits: Mapping[str, tuple[float, float]],
    ) -> dict[int, dict[str, AssistedScore]]:
        """Stimulus → perspective's key → its opinion score joined with the prediction of the model
        in use, if that has not learnt from the image. limits: the ends of the scale that `scores`,
        the study's own, are on, by perspective's key."""

    def learners(self, study: Study) -> dict[int, list[int]]:
        """Number of a release → numbers of the versions that learnt from its scores."""

    def named(self, study: Study) -> str:
        """The model in use, for people: its name and version. Empty without a model."""

    def in_use(self, study: Study) -> str:
        """Names the model in use and its predictions: others have another name. Empty without a
        model."""


#: One at most; none if the site has no models.
FORECASTERS: list[Forecaster] = []


def most_uncertain(
    study: Study, perspective: str, stimuli: QuerySet[Stimulus]
) -> QuerySet[Stimulus] | None:
    """As of `Forecaster`; None where nothing predicts."""
    return FORECASTERS[0].most_uncertain(study, perspective, stimuli) if FORECASTERS else None


def forecasts_of(study: Study, stimuli: Sequence[Stimulus]) -> dict[int, dict[str, Forecast]]:
    return FORECASTERS[0].expected(study, stimuli) if FORECASTERS else {}


def all_forecasts_of(study: Study) -> dict[str, Forecasts]:
    return FORECASTERS[0].all_expected(study) if FORECASTERS else {}


def assisted_of(
    study: Study, scores: Sequence[OpinionScore], limits: Mapping[str, tuple[float, float]]
) -> dict[int, dict[str, AssistedScore]]:
    return FORECASTERS[0].assisted(study, scores, limits) if FORECASTERS else {}


def learners_of(study: Study) -> dict[int, list[int]]:
    return FORECASTERS[0].learners(study) if FORECASTERS else {}


def forecaster_named(study: Study) -> str:
    return FORECASTERS[0].named(study) if FORECASTERS else ""


def forecaster_of(study: Study) -> str:
    return FORECASTERS[0].in_use(study) if FORECASTERS else ""
