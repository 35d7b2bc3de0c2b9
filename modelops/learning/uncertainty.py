"""The expected score of one stimulus from one perspective, and its uncertainty."""

from dataclasses import asdict, dataclass

import numpy as np


@dataclass(frozen=True)
class Expectation:
    """On 0…1: the expected score and three standard deviations, each of something different.

    posterior_sd: of the expected score; labels reduce it.
    misfit_sd: of the true score, the mean of ever more raters, around what any linear head could
    expect; labels do not reduce it.
    rater_sd: of one rater's score around the true one.
    """

    mean: float
    posterior_sd: float
    misfit_sd: float
    rater_sd: float

    @property
    def epistemic_sd(self) -> float:
        """√(posterior² + misfit²): how far the true score may be from the expected one. Labels
        lessen the first part only."""
        return float(np.hypot(self.posterior_sd, self.misfit_sd))

    def to_json(self) -> dict[str, float]:
        return asdict(self) | {"epistemic_sd": self.epistemic_sd}
