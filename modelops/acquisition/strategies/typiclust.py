"""Typical images of the pool's kinds: what to rate before a model knows anything."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from workbench.core.texts import gettext_noop

from ..base import Pool, Reads
from ..distances import Distances, nearest

#: Neighbours by whose distance an image is typical, and kinds at most (both as in the paper).
NEIGHBOURS = 20
MOST_KINDS = 500
_ITERATIONS = 10


class Typiclust:
    """TypiClust: of the largest kinds that hold nothing rated, the most typical image each."""

    name = "typiclust"
    label = gettext_noop("Typical images of each kind, for a first model (TypiClust)")
    version = "1"
    citation = (
        "Hacohen, Dekel and Weinshall, Active learning on a budget: opposite strategies suit high "
        "and low budgets, ICML 2022, algorithm 1"
    )
    reads = Reads.EMBEDDING

    def choose(self, pool: Pool, count: int, seed: int) -> NDArray[np.intp]:
        by_key = pool.order_of_keys
        found = typiclust(pool.features[by_key], count, seed, pool.rated)
        return pool.candidates[by_key][found]

    def order(self, pool: Pool, seed: int) -> NDArray[np.float64]:
        return pool.posterior_sd


STRATEGY = Typiclust()


def typiclust(
    features: NDArray[np.floating],
    count: int,
    seed: int,
    rated: NDArray[np.floating] | None = None,
) -> NDArray[np.intp]:
    """Indices of `count` rows of (M, F) `features` (all, if fewer), in the order of choice.

    The rows and those `rated` (T, F) are divided into T + count kinds. Kinds with the fewest rated
    rows come first, of those the largest; each gives its most typical row, then it counts as rated.
    """
    known = features[:0] if rated is None else rated
    count = min(count, len(features))
    if not count:
        return np.empty(0, np.intp)
    together = np.concatenate([features, known])
    kind = _kinds(together, min(MOST_KINDS, len(known) + count, len(together)), seed)
    own = kind[: len(features)]
    covered = np.bincount(kind[len(features) :], minlength=kind.max() + 1)
    waiting = {int(k): _by_typicality(features, np.flatnonzero(own == k)) for k in np.unique(own)}
    sizes = {k: len(rows) for k, rows in waiting.items()}
    chosen: list[int] = []
    while len(chosen) < count:
        first = min(waiting, key=lambda k: (covered[k], -sizes[k], k))
        chosen.append(waiting[first].pop(0))
        covered[first] += 1
        if not waiting[first]:
            del waiting[first]
    return np.array(chosen, dtype=np.intp)


def _kinds(points: NDArray[np.floating], number: int, seed: int) -> NDArray[np.intp]:
    """(M,): which of `number` kinds each belongs to, by k-means; a kind may be empty."""
    centres = points[_spread(points, number, np.random.default_rng(seed))]
    kind = nearest(points, centres)[0]
    for _ in range(_ITERATIONS):
        members = np.maximum(np.bincount(kind, minlength=number), 1)
        of = sparse.csr_array((np.ones(len(kind)), (kind, np.arange(len(kind)))))
        # Empty kinds at the end have no row here, and stay where they are.
        centres[: of.shape[0]] = (of @ points) / members[: of.shape[0], None]
        before, kind = kind, nearest(points, centres)[0]
        if (kind == before).all():
            break
    return kind


def _spread(points: NDArray[np.floating], number: int, rng: np.random.Generator) -> list[int]:
    """Rows to start k-means from (k-means++; Arthur and Vassilvitskii, SODA 2007)."""
    distances = Distances(points)
    rows = [int(rng.integers(len(points)))]
    distance = distances.to(rows[0]).astype(np.float64)
    while len(rows) < number and distance.any():
        rows.append(int(rng.choice(len(points), p=distance / distance.sum())))
        distance = np.minimum(distance, distances.to(rows[-1]))
    return rows


def _by_typicality(points: NDArray[np.floating], rows: NDArray[np.intp]) -> list[int]:
    """Rows of one kind, the most typical one first: nearest to its neighbours on average."""
    own = points[rows]
    squares = (own**2).sum(axis=1)
    distance = np.sqrt(np.maximum(squares[:, None] + squares - 2 * (own @ own.T), 0))
    neighbours = min(NEIGHBOURS, len(rows) - 1)
    if not neighbours:
        return [int(row) for row in rows]
    # The nearest of all is the row itself.
    mean = np.sort(distance, axis=1)[:, 1 : neighbours + 1].mean(axis=1)
    return [int(row) for row in rows[mean.argsort(kind="stable")]]
