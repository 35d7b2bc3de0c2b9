"""Images that cover the pool: each next one is farthest from all that are rated or chosen."""

import numpy as np
from numpy.typing import NDArray

from workbench.core.texts import gettext_noop

from ..base import Pool, Reads
from ..distances import Distances, nearest


class Coreset:
    """The greedy k-centre cover of the embeddings; it does not look at what the model knows."""

    name = "coreset"
    label = gettext_noop("Images unlike all that are rated (core-set)")
    version = "1"
    citation = (
        "Sener and Savarese, Active learning for convolutional neural networks: a core-set "
        "approach, ICLR 2018, algorithm 1"
    )
    reads = Reads.EMBEDDING

    def choose(self, pool: Pool, count: int, seed: int) -> NDArray[np.intp]:
        by_key = pool.order_of_keys
        found = coreset(pool.features[by_key], count, np.random.default_rng(seed), pool.rated)
        return pool.candidates[by_key][found]

    def order(self, pool: Pool, seed: int) -> NDArray[np.float64]:
        return pool.posterior_sd


STRATEGY = Coreset()


def coreset(
    features: NDArray[np.floating],
    count: int,
    rng: np.random.Generator,
    centres: NDArray[np.floating] | None = None,
) -> NDArray[np.intp]:
    """Indices of `count` rows of (M, F) `features` (all, if fewer), in the order of choice.

    Each is the row farthest from its nearest centre: of those given (K, F), and of the rows chosen
    before. If there is no centre, the row nearest to the mean comes first. Ties are broken by
    `rng`.
    """
    order = rng.permutation(len(features))
    points = Distances(features[order])
    if centres is not None and len(centres):
        distance = nearest(points.points, centres)[1]
    else:
        middle = features.mean(axis=0, keepdims=True) if len(features) else features
        to_middle = nearest(points.points, middle)[1] if len(features) else np.empty(0)
        distance = np.where(to_middle == to_middle.min(initial=np.inf), np.inf, 0.0)
    chosen: list[int] = []
    for _ in range(min(count, len(features))):
        row = int(distance.argmax())
        first = not chosen and np.isinf(distance[row])
        distance = points.to(row) if first else np.minimum(distance, points.to(row))
        chosen.append(row)
        distance[chosen] = -1
    return order[np.array(chosen, dtype=np.intp)]
