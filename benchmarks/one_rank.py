"""Ranks a pool with the checkout that it runs in, once for each line of standard input.

Run by `rank` as a script, in this checkout and in another one: it uses nothing of `benchmarks`. A
line says how many images of how many features there are and how many are to be chosen; the answer
is the seconds from embeddings and standard deviations to priorities, and the peak of memory.
"""

import json
import resource
import sys
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelops.learning.bayes import LastLayer, fit_last_layer
from modelops.learning.labels import Labels

Floats = NDArray[np.floating]

#: Labelled images; each has three ratings from three perspectives.
_LABELLED = 400


def make(images: int, width: int) -> tuple[Floats, LastLayer, NDArray[np.float64]]:
    """Looks (images, width), a last layer that has learnt from the first of them, and the standard
    deviation of each image, which the product has in its tables."""
    rng = np.random.default_rng(1)
    looks = rng.standard_normal((images, width), dtype=np.float32)
    first = looks[:_LABELLED].astype(np.float64)
    scores = (0.5 + 0.1 * first @ rng.normal(size=(width, 3)) / width**0.5).clip(0, 1)
    ratings = np.full(scores.shape, 3.0)
    layer = fit_last_layer(first, Labels(scores, ratings, np.full(scores.shape, 0.15)))
    return looks, layer, rng.uniform(0.05, 0.15, images)


def as_now(looks: Floats, layer: LastLayer, sd: NDArray[np.float64], count: int) -> None:
    from modelops.acquisition.making import Looks, make_pool
    from modelops.acquisition.ranks import draw_candidates, rank
    from modelops.acquisition.registry import STRATEGIES

    eligible = np.arange(len(looks)) >= _LABELLED
    candidates = draw_candidates(eligible, sd, count, 1)
    seen = Looks(looks[candidates], looks[:_LABELLED])
    strategy, keys = STRATEGIES["lcmd"], np.arange(len(looks))
    rank(strategy, make_pool(strategy, layer, keys, sd, candidates, seen, 1), count, 1)


def as_before(looks: Floats, layer: LastLayer, sd: NDArray[np.float64], count: int) -> None:
    """As 2e34361 did."""
    from modelops.learning.acquisition import (  # type: ignore[import-not-found]
        draw_candidates,
        rank,
    )

    candidates = draw_candidates(np.arange(len(looks)) >= _LABELLED, 1)
    rank(layer.posterior_features(looks[candidates]), candidates, sd, count, 1)


def ranked(asked: dict[str, Any]) -> dict[str, float]:
    looks, layer, sd = make(asked["images"], asked["width"])
    work = as_before if asked["before"] else as_now
    start = time.perf_counter()
    work(looks, layer, sd, asked["count"])
    seconds = time.perf_counter() - start
    return {
        "seconds": seconds,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    """Ranks until there is no line."""
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(ranked(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
