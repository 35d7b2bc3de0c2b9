"""Pools for strategies to rank."""

import numpy as np

from modelops.acquisition.base import Pool


def make_pool(count: int, width: int = 6, *, seed: int = 0, candidates: int | None = None) -> Pool:
    """`count` stimuli with keys out of order, of which the first `candidates` may be chosen."""
    rng = np.random.default_rng(seed)
    chosen = np.arange(count if candidates is None else candidates)
    features = rng.normal(size=(len(chosen), width))
    sd = rng.uniform(0.05, 0.3, count)
    return Pool(rng.permutation(1000)[:count].astype(np.int64), sd, chosen, features)


def shuffled(pool: Pool, seed: int) -> Pool:
    """The same pool, listed in another order."""
    rng = np.random.default_rng(seed)
    order, listed = rng.permutation(len(pool.stimuli)), rng.permutation(len(pool.candidates))
    place = np.argsort(order)
    return Pool(
        pool.stimuli[order],
        pool.posterior_sd[order],
        place[pool.candidates[listed]],
        pool.features[listed],
    )
