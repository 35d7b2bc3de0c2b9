"""Priorities of a pool by a strategy, and which of a large pool it looks at."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .base import Pool, Ranking, Strategy

#: A strategy that reads features looks at this many candidates for each that it is to choose, and
#: at most at half of what is left: measured (docs/active-learning.md), it chooses no worse by that,
#: and in a small pool it cannot choose the corners alone.
CANDIDATES_PER_CHOICE = 10
#: A standard deviation beyond the median times e to so many robust standard deviations of the
#: logarithms counts as that much: beyond it, more only says that an image is odd.
CLIPPED_AT = 2.0
#: The robust standard deviation: what the median absolute deviation is multiplied by, for it to be
#: the standard deviation of a normal distribution.
ROBUST = 1.4826


def rank(strategy: Strategy, pool: Pool, count: int, seed: int) -> Ranking:
    """Priorities of a pool by a strategy, which chooses `count` of its candidates.

    Candidates that look like nothing else are chosen only if there are too few others, and stand
    in the middle of the rest: labels of them teach little about other images, and a strategy that
    seeks what the model does not know would spend everything on them.
    """
    pool = replace(pool, posterior_sd=clipped(pool.posterior_sd))
    # There may be none left: a pool that people have rated in full is predicted all the same.
    chosen = _choose(strategy, pool, count, seed) if len(pool.candidates) else pool.candidates
    odd = pool.candidates[pool.odd] if pool.odd is not None else np.empty(0, np.intp)
    wanted = strategy.order(pool, seed).astype(np.float64)
    if 0 < len(odd) < len(wanted):
        wanted[odd] = np.median(np.delete(wanted, odd))
    # The place among all, not the value: a few extreme images must not flatten the others.
    places = wanted.argsort(kind="stable").argsort(kind="stable")
    priorities = places / max(1, len(pool.stimuli))
    priorities[chosen] = 2 - np.arange(len(chosen)) / max(1, len(chosen))
    return Ranking(priorities, chosen, odd)


def _choose(strategy: Strategy, pool: Pool, count: int, seed: int) -> NDArray[np.intp]:
    if pool.odd is None or not pool.odd.any():
        return strategy.choose(pool, count, seed)
    usual = strategy.choose(pool.with_candidates(np.flatnonzero(~pool.odd)), count, seed)
    if len(usual) == count:
        return usual
    rest = pool.with_candidates(np.flatnonzero(pool.odd))
    return np.concatenate([usual, strategy.choose(rest, count - len(usual), seed)])


def clipped(sd: NDArray[np.float64]) -> NDArray[np.float64]:
    """(M,) standard deviations, none larger than CLIPPED_AT allows."""
    positive = sd[sd > 0]
    if not positive.size:
        return sd
    logarithms = np.log(positive)
    middle = np.median(logarithms)
    spread = ROBUST * np.median(np.abs(logarithms - middle))
    most: NDArray[np.float64] = np.minimum(sd, np.exp(middle + CLIPPED_AT * spread))
    return most


def draw_candidates(
    eligible: NDArray[np.bool_], sd: NDArray[np.float64], count: int, seed: int
) -> NDArray[np.intp]:
    """Rows of the eligible of M stimuli, in order, at which a strategy looks to choose `count`.

    Half are drawn at random, half with a probability in proportion to the posterior variance, as
    far as it counts: what the model is sure of is not left out altogether.
    """
    free = np.flatnonzero(eligible)
    most = max(count, min(CANDIDATES_PER_CHOICE * count, len(free) // 2))
    if len(free) <= most:
        return free
    rng = np.random.default_rng(seed)
    anyhow = rng.choice(free, most - most // 2, replace=False)
    rest = np.setdiff1d(free, anyhow, assume_unique=True)
    # Without replacement by exponential keys (Efraimidis and Spirakis, Information Processing
    # Letters 97, 2006): the smallest of e/w are drawn.
    tiny = np.finfo(float).tiny
    keys = rng.exponential(size=len(rest)) / np.maximum(clipped(sd)[rest] ** 2, tiny)
    drawn = rest[keys.argpartition(most // 2 - 1)[: most // 2]] if most > 1 else rest[:0]
    return np.sort(np.concatenate([anyhow, drawn]))
