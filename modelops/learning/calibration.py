"""Whether uncertainties are true: conformal intervals, coverage, reliability.

Split conformal prediction with normalised scores (Papadopoulos et al., Inductive confidence
machines for regression, ECML 2002; Lei et al., Distribution-free predictive inference for
regression, JASA 2018, section 5.2). The calibration part has to be a random sample of what is
predicted: audit draws, not what a model asked for, and never the hold-out that is reported.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]

#: The nominal coverage of intervals.
LEVEL = 0.9
#: With fewer there is no finite interval of that level: ⌈(n + 1)·0.9⌉ must be at most n.
FEWEST = math.ceil(LEVEL / (1 - LEVEL) - 1e-9)


@dataclass(frozen=True)
class Bin:
    """Predictions of about the same standard deviation: its root mean square, that of their errors,
    and how many they are."""

    expected: float
    observed: float
    n: int


@dataclass(frozen=True)
class Coverage:
    """How many errors the intervals of one nominal level hold, with its 95 % interval (Wilson's, as
    of independent errors)."""

    level: float
    observed: float
    low: float
    high: float

    @property
    def percent(self) -> tuple[int, int, int]:
        """Observed, low and high as people read them."""
        return round(100 * self.observed), round(100 * self.low), round(100 * self.high)


def conformal_quantile(scores: Array, level: float = LEVEL) -> float:
    """The ⌈(n + 1)·level⌉-th smallest of n scores |error| / sd; infinite if n is too small.

    An interval of so many standard deviations covers at least `level` of new cases on average over
    calibration parts, if they are drawn from where the new ones are.
    """
    rank = math.ceil((len(scores) + 1) * level - 1e-9)
    return float(np.sort(scores)[rank - 1]) if 0 < rank <= len(scores) else math.inf


def interval_factor(errors: Array, sd: Array) -> float:
    """What standard deviations have to be multiplied by, for 90 % of a normal distribution to
    cover 90 % of the errors; 1 if there are fewer than FEWEST. `errors`, `sd` (n,), NaN if one is
    not known."""
    known = np.isfinite(errors) & (sd > 0)
    quantile = conformal_quantile(np.abs(errors[known]) / sd[known])
    return quantile / float(stats.norm.ppf(0.5 + LEVEL / 2)) if math.isfinite(quantile) else 1.0


def coverage(errors: Array, sd: Array, level: float = LEVEL) -> float:
    """The share of errors within the interval of that level, normal with those `sd`."""
    return float(np.mean(np.abs(errors) <= stats.norm.ppf(0.5 + level / 2) * sd))


def coverages(errors: Array, sd: Array, levels: Sequence[float]) -> list[Coverage]:
    """Of each nominal level what the normal intervals with those `sd` hold of (n,) errors, n at
    least 1: the reliability diagram of intervals (Kuleshov, Fenner and Ermon, Accurate
    uncertainties for deep learning using calibrated regression, ICML 2018, section 3.5)."""
    found = []
    for level in levels:
        held = round(coverage(errors, sd, level) * len(errors))
        ends = stats.binomtest(held, len(errors)).proportion_ci(0.95, method="wilson")
        found.append(Coverage(level, held / len(errors), float(ends.low), float(ends.high)))
    return found


def reliability(errors: Array, sd: Array, bins: int = 10) -> list[Bin]:
    """The reliability diagram of standard deviations: bins of equally many, by rising sd (Levi et
    al., Evaluating and calibrating uncertainty prediction in regression tasks, Sensors 22, 2022).
    """
    order = np.argsort(sd, kind="stable")
    parts = [part for part in np.array_split(order, min(bins, max(len(order), 1))) if len(part)]
    return [
        Bin(
            float(np.sqrt(np.mean(sd[part] ** 2))),
            float(np.sqrt(np.mean(errors[part] ** 2))),
            len(part),
        )
        for part in parts
    ]


def ence(diagram: list[Bin]) -> float | None:
    """The expected normalised calibration error: how far observed errors are from expected ones, as
    a share of those, on average over the bins (Levi et al., equation 8); None without a bin."""
    shares = [abs(it.expected - it.observed) / it.expected for it in diagram if it.expected > 0]
    return sum(shares) / len(shares) if shares else None
