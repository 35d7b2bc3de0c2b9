"""Whether a version's uncertainties are true, on hold-out images and their labels of now."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ..learning.calibration import LEVEL, Coverage, coverages, ence, reliability
from ..models import ModelVersion
from .holdout import HoldoutPoint
from .points import current_points

#: With fewer labelled hold-out images nothing is shown.
FEWEST = 20
#: Images in a bin of the ENCE at least: the root mean square of fewer errors says little.
_IN_A_BIN = 20
_MOST_BINS = 10
LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, LEVEL, 0.95)


@dataclass(frozen=True)
class Calibrated:
    """From one perspective: on `n` images; no coverages on fewer than FEWEST, and no ENCE on fewer
    than two bins."""

    n: int
    coverages: list[Coverage]
    ence: float | None

    @property
    def nominal(self) -> Coverage | None:
        """Of the intervals that pages speak of."""
        return next((item for item in self.coverages if item.level == LEVEL), None)


def calibrated(version: ModelVersion) -> dict[str, Calibrated]:
    """By the perspective's key."""
    return {key: _of(found) for key, found in current_points(version).items()}


def _of(points: list[HoldoutPoint]) -> Calibrated:
    if len(points) < FEWEST:
        return Calibrated(len(points), [], None)
    errors = np.array([it.mos - it.expected.mean for it in points])
    # A label is off, too: by the half-width of its own interval.
    label_sd = np.array([it.mos_error for it in points]) / float(stats.norm.ppf(0.975))
    sd = np.hypot([it.expected.epistemic_sd for it in points], label_sd)
    bins = min(_MOST_BINS, len(points) // _IN_A_BIN)
    told = ence(reliability(errors, sd, bins)) if bins > 1 else None
    return Calibrated(len(points), coverages(errors, sd, LEVELS), told)
