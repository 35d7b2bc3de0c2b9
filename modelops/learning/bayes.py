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
Standard deviations follow (`uncertainty`): √(φΣφᵀ) of the expected score, which labels reduce
("posterior"); √t of the true score around it, which they do not ("misfit"); √s of one rater's score
around the true one ("rater"). t and s are those of an average label: a score near an end of the
scale varies less, so t and, as far as the ratings say so, s go with m·(1 - m) of the expected score
m. How far the true score may be from what is expected is √(φΣφᵀ + t), times a factor by which 90 %
intervals cover 90 % of a random sample of labels (`calibration`), each predicted without itself.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from workbench.core.files import write_atomically

from .calibration import interval_factor
from .errors import LearningError
from .evidence import Evidence, maximise, posterior_at
from .labels import Labels
from .uncertainty import Expectation, on_the_scale, shape, sos_share

Array = NDArray[np.float64]

#: The mean score a priori, and the variance of the intercept around it.
PRIOR_SCORE = 0.5
INTERCEPT_VARIANCE = 1.0
#: A feature that hardly varies among the labelled images must not explode on others: its scale is
#: at least this share of the median one.
SCALE_FLOOR = 0.1
#: Of a last layer as a safetensors file.
FORMAT = "mint-last-layer"
FORMAT_VERSION = "2"


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
    average_shape: Array  # (P,) of the labelled images
    sos_share: Array  # (P,) how much of s goes with the shape
    interval_factor: Array  # (P,) what the standard deviation of errors is multiplied by

    @property
    def perspectives(self) -> int:
        return len(self.weights)

    def design(self, embeddings: NDArray[np.floating]) -> Array:
        """(M, D) embeddings → (M, D + 1) standardised features and a one."""
        standardised = (np.asarray(embeddings, np.float64) - self.feature_mean) / self.feature_scale
        return np.concatenate([standardised, np.ones((len(standardised), 1))], axis=1)

    def linear(self, embeddings: NDArray[np.floating]) -> tuple[Array, Array]:
        """What the heads say of (M, D) pooled embeddings, which may lie beyond the scale, and its
        posterior variance: both (M, P)."""
        phi = self.design(embeddings)
        variance = np.stack([((phi @ f) ** 2).sum(axis=1) for f in self.factor], axis=1)
        return PRIOR_SCORE + phi @ self.weights.T, variance

    def predict(self, embeddings: NDArray[np.floating]) -> Prediction:
        """Predictions for (M, D) pooled embeddings, on the scale."""
        return finished(self, *self.linear(embeddings))

    def variances(self, mean: Array) -> tuple[Array, Array]:
        """Of the misfit and of one rater by the expected score (M, P), both (M, P) and before
        calibration."""
        relative = shape(mean) / self.average_shape
        rater = self.rater_variance * (1 + self.sos_share * (relative - 1))
        return self.misfit_variance * relative, rater

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


def finished(layer: LastLayer, linear: Array, posterior: Array) -> Prediction:
    """What follows from the two parts of `LastLayer.linear`, both (M, P)."""
    misfit, rater = layer.variances(linear)
    error = layer.interval_factor**2 * (posterior + misfit)
    return Prediction(
        on_the_scale(linear, np.sqrt(error)),
        np.sqrt(posterior),
        np.sqrt(np.maximum(error - posterior, 0)),
        np.sqrt(rater),
    )


def fit_last_layer(
    embeddings: NDArray[np.floating], labels: Labels, random: NDArray[np.bool_] | None = None
) -> LastLayer:
    """The posterior given (N, D) pooled embeddings and N labels.

    random (N,): which of them are a random sample of the pool, by which intervals are calibrated;
    None: all of them. Raises LearningError if a perspective has no label or an embedding is not
    finite.
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
    layer = LastLayer(
        feature_mean=mean,
        feature_scale=scale,
        weights=np.stack([fit.weights for fit in fits]),
        factor=np.stack([fit.factor for fit in fits]),
        prior_variance=np.array([fit.prior_variance for fit in fits]),
        misfit_variance=np.array([fit.misfit_variance for fit in fits]),
        rater_variance=rater_variance,
        average_shape=np.ones(len(fits)),
        sos_share=np.ones(len(fits)),
        interval_factor=np.ones(len(fits)),
    )
    return _calibrated(_shaped(layer, x, labels), x, labels, random)


def learn_again(layer: LastLayer, embeddings: NDArray[np.floating], labels: Labels) -> LastLayer:
    """The same last layer with (N, D) pooled embeddings and N labels in place of those that it was
    fitted to: all that it has learnt, at its own standardisation and variances.

    Exact, in one factorisation: quicker than a rank-one update for each of a dozen new labels, and
    it takes labels back, too. A perspective without a label keeps what it had.
    """
    features = layer.design(embeddings)[:, :-1]
    weights, factor = layer.weights.copy(), layer.factor.copy()
    for k in range(layer.perspectives):
        known = labels.labelled[:, k]
        if known.any():
            weights[k], factor[k] = posterior_at(
                features[known],
                labels.mos[known, k] - PRIOR_SCORE,
                layer.rater_variance[k] / labels.ratings[known, k],
                INTERCEPT_VARIANCE,
                float(layer.prior_variance[k]),
                float(layer.misfit_variance[k]),
            )
    return replace(layer, weights=weights, factor=factor)


def _shaped(layer: LastLayer, x: Array, labels: Labels) -> LastLayer:
    """With what depends on the expected score, as the labelled images show it."""
    shapes = shape(layer.linear(x)[0])
    average = np.array([shapes[:, k][labels.labelled[:, k]].mean() for k in range(len(shapes.T))])
    shares = [
        sos_share(np.nan_to_num(labels.sd[:, k]) ** 2, labels.degrees[:, k], shapes[:, k])
        for k in range(len(shapes.T))
    ]
    return replace(layer, average_shape=average, sos_share=np.array(shares))


def _calibrated(
    layer: LastLayer, x: Array, labels: Labels, random: NDArray[np.bool_] | None
) -> LastLayer:
    error, variance = leave_one_out(layer, x, labels)
    sample = np.ones(len(x), np.bool_) if random is None else random
    factors = [
        interval_factor(error[sample, k], np.sqrt(variance[sample, k]))
        for k in range(len(layer.weights))
    ]
    return replace(layer, interval_factor=np.array(factors))


def leave_one_out(layer: LastLayer, x: Array, labels: Labels) -> tuple[Array, Array]:
    """How far each label (N, P) is from what all others let one expect, NaN if there is none, and
    the variance of that: of the expectation, the misfit and the label.

    Exact for the last layer's hyper-parameters: an error is divided by one minus its leverage
    (Rasmussen and Williams, Gaussian Processes for Machine Learning, section 5.4.2).
    """
    mean, posterior = layer.linear(x)
    misfit, rater = layer.variances(mean)
    known = layer.misfit_variance + layer.rater_variance / np.maximum(labels.ratings, 1)
    rest = np.maximum(1 - posterior / known, 1e-6)
    label = rater / np.maximum(labels.ratings, 1)
    return (labels.mos - mean) / rest, posterior / rest + misfit + label


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
