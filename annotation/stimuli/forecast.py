"""What a model expects of images, for pages of this package, which knows no model.

A room above puts its forecast here when the site starts (`modelops.apps`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from django.db.models import QuerySet

from ..models import Stimulus, Study


@dataclass(frozen=True)
class Forecast:
    """A predicted score and how far the true one may be from it, on the study's scale."""

    mean: float
    sd: float


class Forecaster(Protocol):
    """Whoever predicts scores."""

    def expected(self, study: Study, stimuli: Sequence[Stimulus]) -> dict[int, dict[str, Forecast]]:
        """Stimulus → perspective's key → what the model in use expects; empty without a model."""

    def most_uncertain(
        self, study: Study, perspective: str, stimuli: QuerySet[Stimulus]
    ) -> QuerySet[Stimulus] | None:
        """The stimuli, those first of which the model in use is least sure; None without one."""


#: One at most; none if the site has no models.
FORECASTERS: list[Forecaster] = []


def forecasts_of(study: Study, stimuli: Sequence[Stimulus]) -> dict[int, dict[str, Forecast]]:
    return FORECASTERS[0].expected(study, stimuli) if FORECASTERS else {}
