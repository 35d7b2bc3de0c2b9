"""Exact Bayesian last layer on pooled embeddings.

MINT-IQA's heads are linear in the mean query embedding x, so score = w·x + b and the posterior of
(w, b) is Gaussian and closed-form (Bishop, Pattern Recognition and Machine Learning, section 3.3).
Per perspective:

    y_i = 0.5 + φ_i·w + δ_i + ε_i      φ = [(x − mean) / scale, 1]
    w ~ N(0, a/D) per feature, N(0, 1) for the intercept
    δ ~ N(0, t)    misfit: what no linear head can explain
    ε ~ N(0, s/n)  mean of n raters' errors

s is pooled from the raters' spread; a and t maximise the evidence (section 3.5 there) under weak
log-normal priors, which keep a handful of labels from claiming that nothing can be learned.
Three standard deviations follow: √(φΣφᵀ) of the expected score, which labels reduce ("posterior");
√t of the true score around it, which they do not ("misfit"); √s of one rater's score around the
true one ("rater"). How far the true score may be from what is expected is √(φΣφᵀ + t).
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from workbench.core.files import write_atomically

from .errors import LearningError
from .evidence import Evidence, maximise
from .labels import Labels
from .uncertainty import Expectation

Array = NDArray[np.float64]

#: The mean score a priori, and the variance of the intercept around it.
PRIOR_SCORE = 0.5
INTERCEPT_VARIANCE = 1.0
#: A feature that hardly varies among the labelled images must not explode on others: its scale is
#: at least this share of the median one.
SCALE_FLOOR = 0.1
#: Of a last layer as a safetensors file.
FORMAT = "mint-last-layer"
FORMAT_VERSION = "1"


@dataclass(frozen=True)
class Prediction:
    """Arrays (M, P) on 0…1: expected score, and the standard deviations of that expectation, of a
    stimulus's true score around it, and of a single rater's around the true one."""

    mean: Array
    posterior_sd: Array
    misfit_sd: Array
    rater_sd: Array

    def expectation(self, row: int, place: int) -> Expectation:
        """Of row `row` from the perspective whose head is at `place`."""
        parts = (self.mean, self.posterior_sd, self.misfit_sd, self.rater_sd)
        return Expectation(*(float(part[row, place]) for part in parts))


@dataclass(frozen=True)
class LastLayer:
    """The posterior. D features and one intercept (last), P perspectives.

    `factor[k] @ factor[k].T` is perspective k's covariance; a factor instead of the covariance
    keeps variances non-negative in any precision.
    """

    feature_mean: Array  # (D,)
    feature_scale: Array  # (D,)
    weights: Array  # (P, D + 1), of standardised features
    factor: Array  # (P, D + 1, D + 1)
    prior_variance: Array  # (P,) a: variance of scores that features may explain
    misfit_variance: Array  # (P,) t
    rater_variance: Array  # (P,) s

    @property
    def perspectives(self) -> int:
        return len(self.weights)

    def design(self, embeddings: NDArray[np.floating]) -> Array:
        """(M, D) embeddings → (M, D + 1) standardised features and a one."""
        standardised = (np.asarray(embeddings, np.float64) - self.feature_mean) / self.feature_scale
        return np.concatenate([standardised, np.ones((len(standardised), 1))], axis=1)

    def predict(self, embeddings: NDArray[np.floating]) -> Prediction:
        """Predictions for (M, D) pooled embeddings."""
        phi = self.design(embeddings)
        mean = PRIOR_SCORE + phi @ self.weights.T
        posterior_variance = np.stack([((phi @ f) ** 2).sum(axis=1) for f in self.factor], axis=1)
        misfit = np.broadcast_to(np.sqrt(self.misfit_variance), mean.shape)
        rater = np.broadcast_to(np.sqrt(self.rater_variance), mean.shape)
        return Prediction(mean, np.sqrt(posterior_variance), misfit, rater)

    @property
    def posterior_width(self) -> int:
        """P·(D + 1): how many numbers `posterior_features` gives, unless they are projected."""
        return len(self.factor) * int(self.factor.shape[1])

    def posterior_features(
        self, embeddings: NDArray[np.floating], projection: Array | None = None
    ) -> NDArray[np.float32]:
        """(M, P·(D + 1)): inner products are posterior covariances, summed over perspectives.

        Distances between rows carry posterior uncertainty (Holzmüller et al., JMLR 24:164,
        section 4.2: the posterior transformation of a linear kernel). With a `projection`
        (P·(D + 1), F) the rows are (M, F), and the wide ones are never made.
        """
        basis = np.concatenate(list(self.factor), axis=1)
        if projection is not None:
            basis = basis @ projection
        found: NDArray[np.float32] = self.design(embeddings).astype(np.float32) @ basis.astype(
            np.float32
        )
        return found

    def heads(self) -> tuple[Array, Array]:
        """Weights (P, D) and biases (P,) that give the same means from raw embeddings."""
        weights = self.weights[:, :-1] / self.feature_scale
        return weights, PRIOR_SCORE + self.weights[:, -1] - weights @ self.feature_mean


def fit_last_layer(embeddings: NDArray[np.floating], labels: Labels) -> LastLayer:
    """The posterior given (N, D) pooled embeddings and N labels.

    Raises LearningError if a perspective has no label or an embedding is not finite.
    """
    x = np.asarray(embeddings, np.float64)
    _check(x, labels)
    mean, scale = _standardisation(x)
    features = (x - mean) / scale
    rater_variance = labels.rater_variance()
    fits = [
        _fit_perspective(features, labels.mos[:, k], labels.ratings[:, k], float(variance))
        for k, variance in enumerate(rater_variance)
    ]
    return LastLayer(
        feature_mean=mean,
        feature_scale=scale,
        weights=np.stack([fit.weights for fit in fits]),
        factor=np.stack([fit.factor for fit in fits]),
        prior_variance=np.array([fit.prior_variance for fit in fits]),
        misfit_variance=np.array([fit.misfit_variance for fit in fits]),
        rater_variance=rater_variance,
    )


def _check(embeddings: Array, labels: Labels) -> None:
    if len(embeddings) != len(labels):
        raise LearningError(f"{len(embeddings)} embeddings but {len(labels)} labels")
    if not np.isfinite(embeddings).all():
        bad = int(np.argmin(np.isfinite(embeddings).all(axis=1)))
        raise LearningError(f"embedding {bad} is not finite")
    counts = np.isfinite(labels.mos).sum(axis=0)
    if (counts == 0).any():
        raise LearningError(
            f"perspective {int(np.argmin(counts))} has no label (counted from 0); give at least "
            "one image a score from it"
        )


def _standardisation(embeddings: Array) -> tuple[Array, Array]:
    spread = embeddings.std(axis=0)
    floor = SCALE_FLOOR * float(np.median(spread))
    scale = np.maximum(spread, floor)
    return embeddings.mean(axis=0), np.where(scale > 0, scale, 1.0)


def _fit_perspective(
    features: Array, mos: Array, ratings: Array, rater_variance: float
) -> Evidence:
    labelled = np.isfinite(mos)
    return maximise(
        features[labelled],
        mos[labelled] - PRIOR_SCORE,
        rater_variance / ratings[labelled],
        INTERCEPT_VARIANCE,
    )


def save_last_layer(layer: LastLayer, path: Path) -> None:
    """Writes the posterior; the covariance factors in float32, everything else in float64."""
    tensors = {name: np.ascontiguousarray(value) for name, value in asdict(layer).items()}
    tensors["factor"] = tensors["factor"].astype(np.float32)
    write_atomically(path, save(tensors, {"format": FORMAT, "version": FORMAT_VERSION}))


def load_last_layer(path: Path) -> LastLayer:
    """Raises LearningError if the file is not a last layer of a version known here."""
    try:
        with safe_open(path, framework="numpy") as file:
            about = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- not a dict
    except (SafetensorError, OSError) as error:
        raise LearningError(
            f"{path}: not a readable last layer ({error}); train the model again"
        ) from error
    if about.get("format") != FORMAT or about.get("version") != FORMAT_VERSION:
        raise LearningError(f"{path}: {about} is not {FORMAT} version {FORMAT_VERSION}")
    return LastLayer(**{name: value.astype(np.float64) for name, value in tensors.items()})
