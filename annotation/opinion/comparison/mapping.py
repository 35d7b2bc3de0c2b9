"""Monotone mappings of predictions onto the scale of the labels.

Subjective tests differ in how they use their scale, so a measure is not charged for a curve between
the two (ITU-T P.1401 (2020), section 7.5). Both mappings rise or fall throughout, by the sign of
the correlation, and have four parameters.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, special

from ..correlation import Floats

#: Parameters of either mapping: the degrees of freedom that it takes from a residual.
FREEDOM = 4
#: Where the slope of a cubic is kept from turning, over the range of the predictions.
_GRID = np.linspace(-1, 1, 129)


@dataclass(frozen=True)
class Mapping:
    """A mapping as fitted: its name, its four parameters and the predictions that it gives."""

    name: str
    parameters: tuple[float, float, float, float]
    #: (N,), on the scale of the labels.
    mapped: Floats


def logistic(x: Floats, y: Floats) -> Mapping:
    """β₂ + (β₁ − β₂) / (1 + exp(−(x − β₃) / |β₄|)), by least squares: the four-parameter logistic
    of the VQEG reports (Final Report from VQEG on FR-TV, phase II, 2003).

    x, y: (N,), N > 4, neither constant. Parameters: β₁…β₄.
    """
    centre, spread = float(np.median(x)), float(np.std(x))
    ends = (float(y.max()), float(y.min()))
    start = [*(ends if _rises(x, y) else ends[::-1]), centre, spread]
    scale = np.array([np.ptp(y), np.ptp(y), spread, spread])

    def residual(beta: Floats) -> Floats:
        return _logistic(x, beta) - y

    found = optimize.least_squares(residual, start, x_scale=scale, max_nfev=500)
    best = found.x
    return Mapping("logistic", _four(best), _logistic(x, best))


def cubic(x: Floats, y: Floats) -> Mapping:
    """a + b·x + c·x² + d·x³ by least squares, under the condition that it never turns within the
    range of the predictions (ITU-T P.1401 (2020), section 7.5, third-order mapping).

    x, y: (N,), N > 4, neither constant. Parameters: a…d of predictions brought onto −1…1.
    """
    low, high = float(x.min()), float(x.max())
    powers = np.vander((2 * x - low - high) / (high - low), FREEDOM, increasing=True)
    free = linalg.lstsq(powers, y)[0]
    slopes = np.stack([0 * _GRID, np.ones_like(_GRID), 2 * _GRID, 3 * _GRID**2], axis=1)
    slopes *= 1 if _rises(x, y) else -1
    if (slopes @ free < 0).any():
        free = _constrained(powers, y, slopes)
    return Mapping("cubic", _four(free), powers @ free)


def _constrained(powers: Floats, y: Floats, slopes: Floats) -> Floats:
    """The least squares with slopes @ coefficients ≥ 0: convex, so there is one minimum."""
    spread = float(np.std(y))
    gram, right = powers.T @ powers / y.size, powers.T @ ((y - y.mean()) / spread) / y.size
    straight = np.array([0, 1.0, 0, 0]) * np.sign(slopes[0, 1])

    def cost(beta: Floats) -> float:
        return float(beta @ gram @ beta / 2 - right @ beta)

    def gradient(beta: Floats) -> Floats:
        along: Floats = gram @ beta - right
        return along

    found = optimize.minimize(
        cost,
        straight,
        jac=gradient,
        constraints=optimize.LinearConstraint(slopes, 0, np.inf),
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 500},
    )
    beta: Floats = found.x * spread
    beta[0] += y.mean()
    return beta


def _logistic(x: Floats, beta: Floats) -> Floats:
    steepness = max(abs(float(beta[3])), 1e-12)
    mapped: Floats = beta[1] + (beta[0] - beta[1]) * special.expit((x - beta[2]) / steepness)
    return mapped


def _rises(x: Floats, y: Floats) -> bool:
    return float((x - x.mean()) @ (y - y.mean())) >= 0


def _four(values: Floats) -> tuple[float, float, float, float]:
    a, b, c, d = (float(value) for value in values)
    return a, b, c, d
