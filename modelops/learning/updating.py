"""What a few labels change in what is known of very many images.

A last layer that learns again at its own variances (`bayes.learn_again`) has the posterior
precision A, and had A − Uᵀ·diag(d)·U: U (R, D + 1) are the features of the R images whose labels
count for more or less than before, d by how much, 1/(t + s/n) now minus then. By the matrix
inversion lemma the variance φᵀA⁻¹φ of an image's expected score is what it was, less

    (U·A⁻¹·φ)ᵀ · (diag(d)⁻¹ − U·A⁻¹·Uᵀ)⁻¹ · (U·A⁻¹·φ)

which takes R products for each image instead of D + 1, and is exact. Only the number of ratings
counts: what scores they gave changes no variance (Bishop, Pattern Recognition and Machine Learning,
equation 3.54).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bayes import PRIOR_SCORE, LastLayer, Prediction, finished

Array = NDArray[np.float64]

#: Images whose products are in memory at once.
_BATCH = 4096


@dataclass(frozen=True)
class Change:
    """By perspective, (D + 1, R) directions and (R,) signs: the variance of an image with features
    φ falls by the sum of sign·(φ·direction)²; a negative sign is of a label that was taken back."""

    directions: tuple[Array, ...]
    signs: tuple[Array, ...]

    @property
    def width(self) -> int:
        """Directions in all."""
        return sum(len(signs) for signs in self.signs)


def change_to(
    layer: LastLayer, embeddings: NDArray[np.floating], before: Array, now: Array
) -> Change | None:
    """What led to `layer` from one that had learnt other labels at the same variances.

    embeddings (R, D) of the images whose labels changed; before, now (R, P): their ratings, 0 if
    there was no label. None if as much changed as predicting everything in full would take.
    """
    features = layer.design(embeddings)
    directions, signs = [], []
    for k, factor in enumerate(layer.factor):
        difference = _weight(layer, k, now[:, k]) - _weight(layer, k, before[:, k])
        rows = np.flatnonzero(difference)
        if 2 * len(rows) > len(factor):
            return None
        # U·A⁻¹ = (U·F)·Fᵀ
        half = features[rows] @ factor
        inner = np.eye(len(rows)) - difference[rows, None] * (half @ half.T)
        middle = np.linalg.solve(inner, np.diag(difference[rows]))
        values, vectors = np.linalg.eigh((middle + middle.T) / 2)
        directions.append(factor @ (half.T @ (vectors * np.sqrt(np.abs(values)))))
        signs.append(np.sign(values))
    return Change(tuple(directions), tuple(signs))


def predict_changed(
    layer: LastLayer, change: Change, variance: Array, embeddings: NDArray[np.floating]
) -> Prediction:
    """As `layer.predict` of (M, D) pooled embeddings whose posterior variance (M, P) was that
    before `change`, to about five digits.

    One product in float32 for each batch; features are centred in float64 before.
    """
    places = np.cumsum([layer.perspectives, *(len(signs) for signs in change.signs)])
    basis = np.concatenate([layer.weights.T, *change.directions], axis=1).astype(np.float32)
    linear, found = np.empty(variance.shape), np.empty(variance.shape)
    for start in range(0, len(embeddings), _BATCH):
        rows = slice(start, start + _BATCH)
        products = layer.design(embeddings[rows]).astype(np.float32) @ basis
        linear[rows] = PRIOR_SCORE + products[:, : layer.perspectives]
        for k, signs in enumerate(change.signs):
            part = products[:, places[k] : places[k + 1]]
            found[rows, k] = variance[rows, k] - (part * part) @ signs.astype(np.float32)
    # Rounding must not make a variance negative.
    return finished(layer, linear, np.maximum(found, 0))


def _weight(layer: LastLayer, k: int, ratings: Array) -> Array:
    """How much labels of so many ratings count from perspective k."""
    noise = layer.misfit_variance[k] + layer.rater_variance[k] / np.maximum(ratings, 1)
    return np.where(ratings > 0, 1 / noise, 0.0)
