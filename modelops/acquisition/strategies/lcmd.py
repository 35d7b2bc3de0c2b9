"""Largest cluster maximum distance (LCMD), with what is rated as the first centres.

Holzmüller, Zaverkin, Kästner and Steinwart, "A framework and benchmark for deep batch active
learning for regression", JMLR 24:164 (2023), section 4.3.6 and algorithm 5, in its train+pool mode
(section 4.1): distance is uncertainty, clusters spread it. Sorting by uncertainty alone asks for
many of a kind, and loses to random draws in that benchmark.
"""

import numpy as np
from numpy.typing import NDArray

from workbench.core.texts import gettext_noop

from ..base import Pool, Reads
from ..distances import Distances, nearest


class Lcmd:
    """LCMD; the stimuli not chosen follow by their posterior sd."""

    name = "lcmd"
    label = gettext_noop("Unsure images that differ from each other (LCMD)")
    version = "2"
    citation = (
        "Holzmüller, Zaverkin, Kästner and Steinwart, A framework and benchmark for deep batch "
        "active learning for regression, JMLR 24:164 (2023), section 4.3.6 and algorithm 5"
    )
    reads = Reads.POSTERIOR

    def choose(self, pool: Pool, count: int, seed: int) -> NDArray[np.intp]:
        by_key = pool.order_of_keys
        found = lcmd(pool.features[by_key], count, np.random.default_rng(seed), pool.rated)
        return pool.candidates[by_key][found]

    def order(self, pool: Pool, seed: int) -> NDArray[np.float64]:
        return pool.posterior_sd


STRATEGY = Lcmd()


def lcmd(
    features: NDArray[np.floating],
    count: int,
    rng: np.random.Generator,
    centres: NDArray[np.floating] | None = None,
) -> NDArray[np.intp]:
    """Indices of `count` rows of (M, F) `features` (all, if fewer), in the order of choice.

    Each row belongs to its nearest centre: of those given (K, F), and of the chosen rows. Of the
    cluster whose squared distances sum to most, the row farthest from its centre is chosen next. If
    there is no centre, the longest row comes first. Ties are broken by `rng`.
    """
    order = rng.permutation(len(features))  # argmax takes the first of equals
    clusters = _Clusters(features[order], centres)
    chosen = []
    for _ in range(min(count, len(features))):
        row = clusters.farthest_of_largest()
        clusters.add(row)
        chosen.append(row)
    return order[np.array(chosen, dtype=np.intp)]


class _Clusters:
    """Rows that may still be chosen, each with its nearest centre; sums are kept up to date."""

    def __init__(self, points: NDArray[np.floating], centres: NDArray[np.floating] | None) -> None:
        given = 0 if centres is None else len(centres)
        self._distances = Distances(points)
        self._free = np.ones(len(points), np.bool_)
        if centres is None or not given:
            # As if all lay around the origin, which gives way to the first choice.
            self._cluster = np.zeros(len(points), np.intp)
            self._distance = self._distances.squares.copy()
        else:
            self._cluster, self._distance = nearest(points, centres)
        self._origin = not given
        #: By cluster: the sum of squared distances and the number of free rows.
        self._sums, self._sizes = self._totals(np.arange(len(points)), max(given, 1))

    def _totals(
        self, rows: NDArray[np.intp], clusters: int
    ) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        of = self._cluster[rows]
        sums = np.bincount(of, weights=self._distance[rows], minlength=clusters)
        return sums.astype(np.float64), np.bincount(of, minlength=clusters)

    def farthest_of_largest(self) -> int:
        """The free row farthest from its centre, in the cluster with the largest sum."""
        largest = int(np.where(self._sizes > 0, self._sums, -1).argmax())
        inside = np.flatnonzero((self._cluster == largest) & self._free)
        return int(inside[self._distance[inside].argmax()])

    def add(self, row: int) -> None:
        """Makes a free row a centre."""
        to_row, last = self._distances.to(row), len(self._sums)
        self._leave(np.array([row]))
        self._free[row] = False
        nearer = self._free & (self._origin | (to_row < self._distance))
        moved = np.flatnonzero(nearer)
        self._leave(moved)
        self._cluster[moved], self._distance[moved] = last, to_row[moved]
        self._sums = np.append(self._sums, self._distance[moved].sum(dtype=np.float64))
        self._sizes = np.append(self._sizes, len(moved))
        self._origin = False

    def _leave(self, rows: NDArray[np.intp]) -> None:
        sums, sizes = self._totals(rows, len(self._sums))
        self._sums = self._sums - sums
        self._sizes = self._sizes - sizes
