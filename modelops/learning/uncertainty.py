"""The expected score of one stimulus from one perspective, and four uncertainties about it.

- posterior: of the expected score; labels reduce it.
- misfit: of the true score around what this embedding can say; labels do not reduce it.
- rater: of one rater's score around the true one: how far people disagree about this image.
- label: of the mean of the ratings that an image has around the true score: rater/√n.

Error is posterior and misfit together: how far the true score may be from the expected one.
"""

import math
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]

#: Near the ends of the scale nothing can vary, but few scores are so near that nothing does.
LEAST_SHAPE = 0.1


@dataclass(frozen=True)
class Expectation:
    """On 0…1: the expected score, and the standard deviations of the module's description."""

    mean: float
    posterior_sd: float
    misfit_sd: float
    rater_sd: float

    @property
    def epistemic_sd(self) -> float:
        """√(posterior² + misfit²): how far the true score may be from the expected one. Labels
        lessen the first part only."""
        return math.hypot(self.posterior_sd, self.misfit_sd)

    def label_sd(self, ratings: int) -> float:
        """Of the mean of so many ratings around the true score; infinite if there is none."""
        return self.rater_sd / ratings**0.5 if ratings else float("inf")

    def to_json(self) -> dict[str, float]:
        return asdict(self) | {"epistemic_sd": self.epistemic_sd}


def shape(mean: Array) -> Array:
    """How much a bounded score may vary by its mean on 0…1, as a share of the most: 4·m·(1 - m),
    the parabola of the SOS hypothesis (Hoßfeld, Schatz and Egger, SOS: the MOS is not enough!,
    QoMEX 2011), at least LEAST_SHAPE."""
    inside = np.clip(mean, 0, 1)
    found: Array = np.maximum(4 * inside * (1 - inside), LEAST_SHAPE)
    return found


def on_the_scale(mean: Array, sd: Array) -> Array:
    """The mean of a normal variable that is cut off at 0 and 1: what to expect of a score that
    cannot leave the scale. It keeps the order of means of one sd, and the mean itself if neither
    end is near."""
    safe = np.maximum(sd, 1e-9)
    low, high = -mean / safe, (1 - mean) / safe
    inside = stats.norm.cdf(high) - stats.norm.cdf(low)
    bent = safe * (stats.norm.pdf(low) - stats.norm.pdf(high))
    found: Array = np.clip(mean * inside + bent + stats.norm.sf(high), 0, 1)
    return found


def sos_share(variances: Array, degrees: Array, shapes: Array) -> float:
    """How much of the raters' variance goes with the `shape` of the expected score, 0…1; the rest
    is the same for all images.

    variances, degrees, shapes (N,): of the single ratings within an image, their degrees of freedom
    (0 if there is none), and the image's shape by its expected score, not by the ratings' own mean:
    of few ratings that lies at an end whenever they agree. By weighted least squares.
    """
    known = degrees > 0
    if known.sum() < 3:
        return 1.0
    weights, v, x = degrees[known], variances[known], shapes[known]
    middle, level = np.average(x, weights=weights), np.average(v, weights=weights)
    spread = np.average((x - middle) ** 2, weights=weights)
    if spread < 1e-6 or level <= 0:
        return 1.0
    slope = np.average((x - middle) * (v - level), weights=weights) / spread
    return float(np.clip(slope * middle / level, 0, 1))
