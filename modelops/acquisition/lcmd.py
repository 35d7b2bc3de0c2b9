"""Which stimuli are worth a person's time: largest cluster maximum distance (LCMD).

Holzmüller, Zaverkin, Kästner and Steinwart, "A framework and benchmark for deep batch active
learning for regression", JMLR 24:164 (2023), section 4.3.6 and algorithm 5, on posterior features
of the last layer: distance is epistemic uncertainty, clusters spread it. Sorting by uncertainty
alone asks for many of a kind, and loses to random draws in that benchmark.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STRATEGY = "lcmd-posterior"
#: Beyond this many candidates a random subset is clustered: the selection is a sketch of the pool,
#: and its cost is candidates × selected × features.
MAXIMUM_CANDIDATES = 20_000
#: Posterior features are projected to this many dimensions where there are more; a Gaussian
#: projection keeps squared distances to about ±√(2/512) = 6 % (the same sketch as in the paper).
SKETCH_DIMENSIONS = 512


@dataclass(frozen=True)
class Ranking:
    """Priorities (M,) in 0…2, higher first, and the indices that were chosen, best first.

    Chosen stimuli lie in 1…2 in the order of their choice, the rest in 0…1 by uncertainty.
    """

    priorities: NDArray[np.float64]
    chosen: NDArray[np.intp]


def draw_candidates(eligible: NDArray[np.bool_], seed: int) -> NDArray[np.intp]:
    """Indices of the eligible stimuli, or of MAXIMUM_CANDIDATES random ones of them."""
    candidates = np.flatnonzero(eligible)
    if len(candidates) <= MAXIMUM_CANDIDATES:
        return candidates
    drawn = np.random.default_rng(seed).choice(candidates, MAXIMUM_CANDIDATES, replace=False)
    return np.sort(drawn)


def rank(
    features: NDArray[np.floating],
    candidates: NDArray[np.intp],
    epistemic_sd: NDArray[np.float64],
    count: int,
    seed: int,
) -> Ranking:
    """Ranks M stimuli; `count` of the C candidates are chosen.

    `features` (C, F): posterior features of the candidates, whose places among the M stimuli
    `candidates` (C,) gives; `epistemic_sd` (M,) orders all others. The same input and seed give
    the same ranking.
    """
    rng = np.random.default_rng(seed)
    chosen = candidates[lcmd(sketch(features, rng), count, rng)]
    # The place among all, not the value: a few extreme images must not flatten the others.
    places = epistemic_sd.argsort(kind="stable").argsort(kind="stable")
    priorities = places / max(1, len(epistemic_sd))
    priorities[chosen] = 2 - np.arange(len(chosen)) / max(1, len(chosen))
    return Ranking(priorities, chosen)


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
        to_new = np.maximum(squares + squares[new] - 2 * points @ points[new], 0)
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
    # A cluster that holds nothing but its centre has nothing to give.
    sizes[np.bincount(cluster[free], minlength=clusters) == 0] = -1
    inside = free & (cluster == sizes.argmax())
    return int(np.where(inside, distance, -1).argmax())
