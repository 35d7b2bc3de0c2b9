"""What a strategy looks at, from a last layer and embeddings."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..learning.bayes import LastLayer
from .base import Pool, Reads, Strategy
from .odd import odd_ones
from .sketch import projection

#: Rated images that choices keep clear of; of more, a random sample.
MAXIMUM_RATED = 2_000


@dataclass(frozen=True)
class Looks:
    """Embeddings of the candidates (C, D), in their order, and of images that people have rated
    (T, D)."""

    candidates: NDArray[np.floating]
    rated: NDArray[np.floating]


def make_pool(
    strategy: Strategy,
    layer: LastLayer,
    stimuli: NDArray[np.int64],
    posterior_sd: NDArray[np.float64],
    candidates: NDArray[np.intp],
    looks: Looks | None,
    seed: int,
) -> Pool:
    """The pool for `strategy`, as `Pool` describes its parts; `looks` is needed unless it reads
    nothing."""
    if strategy.reads is Reads.NOTHING or looks is None or not len(candidates):
        return Pool(stimuli, posterior_sd, candidates, np.empty((len(candidates), 0)))
    appearance = _standardised(layer, looks.candidates, seed)
    if strategy.reads is Reads.EMBEDDING:
        features, known = appearance, _standardised(layer, looks.rated, seed)
    else:
        exact = strategy.reads is Reads.COVARIANCE
        narrow = None if exact else projection(layer.posterior_width, seed)
        features = layer.posterior_features(looks.candidates, narrow)
        known = layer.posterior_features(looks.rated, narrow)
    by_key = stimuli[candidates].argsort(kind="stable")
    odd = np.empty(len(candidates), np.bool_)
    odd[by_key] = odd_ones(appearance[by_key], seed)
    of_rating = float((layer.misfit_variance + layer.rater_variance).sum())
    return Pool(stimuli, posterior_sd, candidates, features, known, odd, of_rating)


def _standardised(
    layer: LastLayer, embeddings: NDArray[np.floating], seed: int
) -> NDArray[np.float32]:
    """(M, D) → (M, at most SKETCH_DIMENSIONS), each feature counting the same."""
    standard = layer.design(embeddings)[:, :-1].astype(np.float32)
    narrow = projection(standard.shape[1], seed)
    return standard if narrow is None else standard @ narrow.astype(np.float32)
