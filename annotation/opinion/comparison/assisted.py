"""Model-assisted scores: an image's ratings and a model's prediction of it, joined.

Not a mean opinion score: part of it is what a model believes, and it must be named so wherever it
is shown. Each part counts by the inverse of its variance, which makes the variance of the result
least (Fay and Herriot, J. American Statistical Association 74, 1979). The model must not have been
trained on ratings of the image, or they count twice.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..correlation import MINIMUM_FOR_CORRELATION, Floats
from ..methods.base import ScaleLimits
from .errors import ComparisonError, finite
from .measures import NORMAL_95


@dataclass(frozen=True)
class PredictionVariance:
    """How far a model's predictions are from true scores, against what the model says."""

    citation: ClassVar[str] = "method of moments, as in Fay and Herriot, JASA 74, 1979"

    #: What the model's own variances are multiplied by: 1 if they are right.
    factor: float
    #: Root of the mean squared difference between prediction and true score, on the labels' scale.
    rmse: float
    images: int


def calibrate_variance(
    label: ArrayLike,
    label_variance: ArrayLike,
    predicted: ArrayLike,
    predicted_variance: ArrayLike,
) -> PredictionVariance:
    """From N images that the model was not trained on, (N,) each, on one scale.

    The labels' own variances are taken off the mean squared difference. What remains, if it is
    less than its own standard error √(2/N) of the whole, is taken as that: few noisy labels cannot
    show that a model is never wrong.

    Raises ComparisonError with fewer than three images, a variance that is not above 0, or
    predictions that equal all labels.
    """
    y = finite(label, "label")
    if y.size < MINIMUM_FOR_CORRELATION:
        raise ComparisonError(f"{y.size} images cannot calibrate a variance; give three or more")
    mean = finite(predicted, "prediction", y.size)
    noise = _variances(label_variance, "label's variance", y.size)
    claimed = _variances(predicted_variance, "prediction's variance", y.size)
    whole = float(np.mean((y - mean) ** 2))
    if whole == 0:
        raise ComparisonError("every prediction equals its label; these labels are not held out")
    rest = max(whole - float(noise.mean()), whole * math.sqrt(2 / y.size))
    return PredictionVariance(rest / float(claimed.mean()), math.sqrt(rest), y.size)


@dataclass(frozen=True)
class ModelAssistedScores:
    """Model-assisted scores of S images, (S,) each, on the scale of the ratings; never to be shown
    as MOS."""

    citation: ClassVar[str] = "Fay and Herriot, J. American Statistical Association 74, 1979"

    value: Floats
    standard_error: Floats
    #: The ends of the 95 % interval, within the scale.
    low: Floats
    high: Floats
    #: Ratings of the image, and as how many ratings the score is precise.
    ratings: Floats
    worth: Floats


def model_assisted_scores(
    mean: ArrayLike,
    ratings: ArrayLike,
    rating_variance: float,
    predicted: ArrayLike,
    predicted_variance: ArrayLike,
    scale: ScaleLimits,
) -> ModelAssistedScores:
    """mean (S,): of each image's ratings; not read where it has none. ratings (S,): how many.
    rating_variance: of a single rating around the true score, a rater's bias included.
    predicted, predicted_variance (S,): the model's, the variance calibrated by
    `calibrate_variance`.

    Raises ComparisonError for a number that is not finite, or a variance not above 0.
    """
    n = finite(ratings, "number of ratings")
    if (n < 0).any():
        raise ComparisonError("a number of ratings is below 0")
    own = finite(np.where(n > 0, np.asarray(mean, dtype=np.float64), 0), "mean", n.size)
    believed = finite(predicted, "prediction", n.size)
    variance = _variances(predicted_variance, "prediction's variance", n.size)
    single = float(_variances(rating_variance, "rating's variance", 1)[0])
    precision = n / single + 1 / variance
    value = (own * n / single + believed / variance) / precision
    error = 1 / np.sqrt(precision)
    low, high = (
        np.clip(value + side * NORMAL_95 * error, scale.minimum, scale.maximum) for side in (-1, 1)
    )
    inside = np.clip(value, scale.minimum, scale.maximum)
    return ModelAssistedScores(inside, error, low, high, n, precision * single)


def _variances(values: ArrayLike, name: str, size: int) -> Floats:
    found = finite(values, name, size)
    if (found <= 0).any():
        raise ComparisonError(f"{name} {int(np.argmax(found <= 0))} is not above 0")
    return found
