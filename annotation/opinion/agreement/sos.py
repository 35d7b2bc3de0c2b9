"""The SOS parameter: how far people disagree, whatever the mean.

Hoßfeld, Schatz and Egger (2011), SOS: The MOS is not enough! (QoMEX): on a scale from L to H the
variance of an image's ratings is a (m − L)(H − m), with one a for a kind of test.
"""

import numpy as np
from numpy.typing import ArrayLike

from workbench.core.texts import gettext_noop

from ..correlation import sums
from ..methods.base import ScaleLimits
from .base import AgreementError, Floats, Measure, Votes, in_words, paired_votes
from .resampling import DRAWS, interval

CITATION = "Hoßfeld, Schatz and Egger (2011), SOS: The MOS is not enough!, QoMEX"
#: Measured on public ACR-5 sets: KonIQ-10k .09, AGIQA-3K .10, AGH .17, Netflix .20, ITU .32.
_BANDS = (
    (0.35, gettext_noop("raters disagree more than in most published tests")),
    (0.08, gettext_noop("raters disagree as much as in published tests")),
)
_BELOW = gettext_noop("raters disagree less than in most published tests")


def sos_parameter(votes: Votes, *, draws: int = DRAWS, seed: int = 0) -> Measure:
    """a of first votes, of images with two or more; the interval draws images.

    Variances are sample variances (n − 1). Raises AgreementError if no image has two ratings, or
    every mean lies at an end of the scale.
    """
    paired = paired_votes(votes)
    n = np.bincount(paired.stimulus, minlength=paired.stimuli)
    mean = sums(paired.score, paired.stimulus, paired.stimuli) / n
    squares = (paired.score - mean[paired.stimulus]) ** 2
    variance = sums(squares, paired.stimulus, paired.stimuli) / (n - 1)
    return _fitted(mean, variance, paired.scale, paired.score.size, draws, seed)


def sos_of_published(
    mean: ArrayLike,
    sd: ArrayLike,
    scale: ScaleLimits,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Measure:
    """a of published means and standard deviations, (S,) each on `scale`; n is S.

    Raises AgreementError if they do not match, or leave the scale.
    """
    means, deviations = (np.asarray(item, np.float64).reshape(-1) for item in (mean, sd))
    if means.shape != deviations.shape or not means.size:
        raise AgreementError(
            f"{means.size} means and {deviations.size} standard deviations; give one for each"
        )
    inside = (means >= scale.minimum) & (means <= scale.maximum)
    if not (inside & (deviations >= 0)).all():
        at = int(np.argmin(inside & (deviations >= 0)))
        raise AgreementError(
            f"image {at}: a mean of {means[at]} and a standard deviation of {deviations[at]} "
            f"cannot be on {scale.minimum:g}…{scale.maximum:g}"
        )
    return _fitted(means, deviations**2, scale, means.size, draws, seed)


def sos_variance(parameter: float, mean: float, scale: ScaleLimits) -> float:
    """The variance of ratings around `mean`, in squared points of the scale."""
    return parameter * (mean - scale.minimum) * (scale.maximum - mean)


def _fitted(
    mean: Floats, variance: Floats, scale: ScaleLimits, n: int, draws: int, seed: int
) -> Measure:
    parabola = (mean - scale.minimum) * (scale.maximum - mean)
    parts = np.stack([variance * parabola, parabola**2], axis=1)
    if not parts[:, 1].any():
        raise AgreementError("every mean lies at an end of the scale: the SOS is not defined")
    value = float(_parameter(parts.sum(axis=0)[None])[0])
    low, high = interval(_parameter, parts, draws=draws, seed=seed)
    return Measure(value, low, high, n, in_words(value, _BANDS, _BELOW), CITATION)


def _parameter(totals: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = totals[:, 0] / totals[:, 1]
    return found
