"""Bootstrap over clusters: whole prompts are drawn, never single images.

Images of one prompt share what makes it hard, so that an interval as if they were independent is
too narrow (Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8). No row
is copied: a draw is how often each cluster was drawn, and a measure takes that as weights.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ..correlation import Floats, Integers

DRAWS = 1000
#: Cells of the largest array that is made at once: 32 MiB of floats.
_CELLS = 2**22
#: Fewer have no interval. All draws of k clusters are the same one with probability k^(1 − k): of
#: three 1 in 9, more than the 5 % beyond the ends, so that these are what one cluster says; of four
#: 1 in 64.
FEWEST_CLUSTERS = 4
#: Draws in which a measure may be undefined before its interval is.
_UNDEFINED = 0.1


@dataclass(frozen=True)
class Measure:
    """A measure and the ends of its 95 % interval, which are None below `FEWEST_CLUSTERS`."""

    value: float
    low: float | None
    high: float | None


class ClusterDraws:
    """`draws` draws of as many clusters as there are, with replacement; the same at each use."""

    def __init__(self, cluster: Integers, draws: int = DRAWS, seed: int = 0) -> None:
        """cluster: (N,), the cluster of each image, by any numbers."""
        names, self.cluster = np.unique(cluster, return_inverse=True)
        self.size = names.size
        self.draws = draws
        self.seed = seed

    @property
    def enough(self) -> bool:
        """Whether there are clusters enough for an interval."""
        return self.size >= FEWEST_CLUSTERS

    def counts(self, width: int = 1) -> Iterator[Floats]:
        """How often each cluster was drawn, (b, size) at a time, `draws` rows in all; `width`: the
        columns of the widest array that the caller makes of it."""
        random = np.random.default_rng(self.seed)
        step = max(_CELLS // max(width, self.size), 1)
        for start in range(0, self.draws, step):
            rows = min(step, self.draws - start)
            drawn = random.integers(0, self.size, (rows, self.size))
            drawn += np.arange(rows)[:, None] * self.size
            counted = np.bincount(drawn.reshape(-1), minlength=rows * self.size)
            yield counted.reshape(rows, self.size).astype(np.float64)

    def sums(self, values: Floats) -> Floats:
        """The sums of (N, K) values in each draw, (draws, K): a product of matrices."""
        totals = np.stack([np.bincount(self.cluster, part, self.size) for part in values.T], axis=1)
        return np.concatenate([counts @ totals for counts in self.counts()])

    def each(self, measure: Callable[[Floats], Floats], width: int = 1) -> Floats:
        """What `measure` makes of the images' weights, (b, N) → (b,), in each draw, (draws,)."""
        widest = max(width, self.cluster.size)
        return np.concatenate(
            [measure(counts[:, self.cluster]) for counts in self.counts(widest)],
        )

    def measured(self, value: float | None, drawn: Floats) -> Measure | None:
        """`value` with its interval; None if it is not defined."""
        return None if value is None else self.interval(value, drawn)

    def interval(self, value: float, drawn: Floats) -> Measure:
        """`value` with the interval that its draws (draws,) give by their percentiles."""
        known = drawn[np.isfinite(drawn)]
        if not self.enough or known.size < (1 - _UNDEFINED) * drawn.size or not known.size:
            return Measure(value, None, None)
        low, high = np.percentile(known, [2.5, 97.5])
        return Measure(value, float(low), float(high))


def weighted_pearson(x: Floats, y: Floats, weight: Floats) -> Floats:
    """Pearson's r of x and y, (b, N) or (N,), in each row of weights (b, N); NaN without spread."""
    # A draw without any of the images divides 0 by 1: without spread, so NaN.
    total = np.maximum(weight.sum(axis=1), 1)
    x, y = np.broadcast_to(x, weight.shape), np.broadcast_to(y, weight.shape)
    dx = x - (np.einsum("bn,bn->b", weight, x) / total)[:, None]
    dy = y - (np.einsum("bn,bn->b", weight, y) / total)[:, None]
    xy, xx, yy = (
        np.einsum("bn,bn,bn->b", weight, first, second)
        for first, second in ((dx, dy), (dx, dx), (dy, dy))
    )
    return _quotient(xy, xx, yy)


def pearson_draws(draws: ClusterDraws, x: Floats, y: Floats) -> Floats:
    """Pearson's r in each draw, (draws,), from each cluster's sums alone."""
    x, y = x - x.mean(), y - y.mean()
    n, sx, sy, xx, yy, xy = draws.sums(np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], 1)).T
    return _quotient(xy - sx * sy / n, xx - sx**2 / n, yy - sy**2 / n)


def spearman_draws(
    draws: ClusterDraws, x: Floats, y: Floats, images: Integers | None = None
) -> Floats:
    """Spearman's correlation in each draw, (draws,): images are ranked again in each. `images`:
    places of those that count; all without it."""
    kept = slice(None) if images is None else images
    first, second = _Ranking(x[kept]), _Ranking(y[kept])

    def correlation(weight: Floats) -> Floats:
        own = weight[:, kept]
        return weighted_pearson(first.ranks(own), second.ranks(own), own)

    return draws.each(correlation)


class _Ranking:
    """Ranks of values (N,) that occur as often as their weights say."""

    def __init__(self, values: Floats) -> None:
        different, self._place = np.unique(values, return_inverse=True)
        self._order = np.argsort(self._place, kind="stable")
        self._starts = np.searchsorted(self._place[self._order], np.arange(different.size))

    def ranks(self, weight: Floats) -> Floats:
        """(b, N) for weights (b, N), up to a constant; ties share the mean of their ranks."""
        tied = np.add.reduceat(weight[:, self._order], self._starts, axis=1)
        found: Floats = (np.cumsum(tied, axis=1) - tied / 2)[:, self._place]
        return found


def _quotient(xy: Floats, xx: Floats, yy: Floats) -> Floats:
    r = np.full(xy.shape, np.nan)
    spread = np.sqrt(np.maximum(xx, 0)) * np.sqrt(np.maximum(yy, 0))
    np.divide(xy, spread, out=r, where=spread > 1e-12)
    return np.clip(r, -1, 1, out=r)
