"""Bootstrap intervals of figures that follow from sums over units (images or raters).

Whole units are drawn, with everything known about them: votes on one image, or by one rater, are
not independent. Figures are given as functions of sums, so a draw costs one weighted sum.
"""

from collections.abc import Callable

import numpy as np

from ..correlation import Floats, sums
from .base import AgreementError, Integers

#: Draws of an interval, if a caller asks for nothing else.
DRAWS = 1000
#: Fewer units cannot stand for those that were not drawn.
LEAST_UNITS = 5


def resampled_totals(parts: Floats, *, draws: int, seed: int) -> Floats:
    """Sums over as many units as there are, drawn with replacement; (draws, F).

    parts (N, F): what each unit adds.
    """
    generator = np.random.default_rng(seed)
    size = len(parts)
    totals = np.empty((draws, parts.shape[1]))
    for draw in range(draws):
        times = np.bincount(generator.integers(0, size, size), minlength=size)
        totals[draw] = times @ parts
    return totals


def percentiles(values: Floats) -> tuple[float | None, float | None]:
    """The 2.5 % and 97.5 % points of those that are defined; None if that is less than half."""
    defined = values[np.isfinite(values)]
    if defined.size * 2 < values.size or not defined.size:
        return None, None
    low, high = np.quantile(defined, [0.025, 0.975])
    return float(low), float(high)


def interval(
    figure: Callable[[Floats], Floats], parts: Floats, *, draws: int, seed: int
) -> tuple[float | None, float | None]:
    """The 95 % interval of a figure of sums, (None, None) with fewer than `LEAST_UNITS` units.

    figure: sums (D, F) → values (D,), NaN if one is not defined.
    """
    if len(parts) < LEAST_UNITS:
        return None, None
    return percentiles(figure(resampled_totals(parts, draws=draws, seed=seed)))


def moments(x: Floats, y: Floats, unit: Integers, size: int) -> Floats:
    """What each of `size` units adds to a correlation of the pairs (x, y); (size, 6)."""
    # About the means of all, so that squares do not cancel.
    dx, dy = x - x.mean(), y - y.mean()
    columns = (np.ones_like(dx), dx, dy, dx * dx, dy * dy, dx * dy)
    return np.stack([sums(column, unit, size) for column in columns], axis=1)


def pearson_of(totals: Floats) -> Floats:
    """Pearson's r of each row of sums as `moments` gives them, (D, 6) → (D,); NaN if undefined."""
    n, x, y, xx, yy, xy = totals.T
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = (xx - x * x / n) * (yy - y * y / n)
        r: Floats = (xy - x * y / n) / np.sqrt(np.where(spread > 1e-12 * xx * yy, spread, np.nan))
    return np.clip(r, -1, 1)


def pearson(parts: Floats, what: str) -> float:
    """Pearson's r of all units together; AgreementError names `what` if it is not defined."""
    value = float(pearson_of(parts.sum(axis=0)[None])[0])
    if parts[:, 0].sum() < 3 or np.isnan(value):
        raise AgreementError(f"{what} do not vary, or are fewer than three: no correlation")
    return value
