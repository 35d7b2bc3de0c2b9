"""Largest cluster maximum distance (LCMD).

Holzmüller, Zaverkin, Kästner and Steinwart, "A framework and benchmark for deep batch active
learning for regression", JMLR 24:164 (2023), section 4.3.6 and algorithm 5, on posterior features
of the last layer: distance is posterior uncertainty, clusters spread it. Sorting by uncertainty
alone asks for many of a kind, and loses to random draws in that benchmark.
"""

import numpy as np
from numpy.typing import NDArray

from workbench.core.texts import gettext_noop

from .base import Pool

#: Posterior features are projected to this many dimensions if there are more; a Gaussian
#: projection keeps squared distances to about ±√(2/512) = 6 % (the same sketch as in the paper).
SKETCH_DIMENSIONS = 512


class Lcmd:
    """LCMD on posterior features; the stimuli not chosen follow by their posterior sd."""

    name = "lcmd"
    label = gettext_noop("Unsure images that differ from each other (LCMD)")
    version = "1"
    citation = (
        "Holzmüller, Zaverkin, Kästner and Steinwart, A framework and benchmark for deep batch "
        "active learning for regression, JMLR 24:164 (2023), section 4.3.6 and algorithm 5"
    )
    reads_features = True

    def choose(self, pool: Pool, count: int, seed: int) -> NDArray[np.intp]:
        rng = np.random.default_rng(seed)
        by_key = pool.stimuli[pool.candidates].argsort(kind="stable")
        return pool.candidates[by_key][lcmd(sketch(pool.features[by_key], rng), count, rng)]

    def order(self, pool: Pool, seed: int) -> NDArray[np.float64]:
        return pool.posterior_sd


def sketch(features: NDArray[np.floating], rng: np.random.Generator) -> NDArray[np.float64]:
    """(M, F) → (M, at most SKETCH_DIMENSIONS), inner products kept in expectation."""
    width = features.shape[1]
    if width <= SKETCH_DIMENSIONS:
        return features.astype(np.float64)
    projection = rng.normal(0, SKETCH_DIMENSIONS**-0.5, (width, SKETCH_DIMENSIONS))
    return features @ projection


def lcmd(features: NDArray[np.float64], count: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Indices of `count` rows of (M, F) `features` (all, if fewer), in the order of choice.

    The longest row comes first. Then each row belongs to its nearest chosen one; of the cluster
    whose squared distances sum to most, the row farthest from its centre is chosen next. Ties are
    broken by `rng`.
    """
    total = len(features)
    order = rng.permutation(total)  # argmax takes the first of equals
    points = features[order]
    squares = (points**2).sum(axis=1)
    distance = np.full(total, np.inf)
    cluster = np.zeros(total, dtype=np.intp)
    chosen: list[int] = []
    free = np.ones(total, dtype=bool)
    while len(chosen) < min(count, total):
        new = _next(squares, distance, cluster, free, len(chosen))
        free[new] = False
        # Rounding must not make a distance negative.
        to_new = np.maximum(squares + squares[new] - 2 * (points @ points[new]), 0)
        nearer = to_new < distance
        cluster[nearer] = len(chosen)
        distance[nearer] = to_new[nearer]
        distance[new] = 0
        chosen.append(new)
    return order[np.array(chosen, dtype=np.intp)]


def _next(
    squares: NDArray[np.float64],
    distance: NDArray[np.float64],
    cluster: NDArray[np.intp],
    free: NDArray[np.bool_],
    clusters: int,
) -> int:
    if not clusters:
        return int(squares.argmax())
    sizes = np.bincount(cluster, weights=distance, minlength=clusters)
    # A cluster with nothing but its centre has no row to choose.
    sizes[np.bincount(cluster[free], minlength=clusters) == 0] = -1
    inside = free & (cluster == sizes.argmax())
    return int(np.where(inside, distance, -1).argmax())
