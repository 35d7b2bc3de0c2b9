"""Intraclass correlation: the share of the variance of ratings, or of their means, that is images'.

The six forms of Shrout and Fleiss (1979), Psychological Bulletin 86:420, as functions of variance
components (McGraw and Wong 1996, Psychological Methods 1:30). On complete data they are those of
the analysis of variance, unless that gives a negative variance, which REML sets to 0; on sparse
data nothing is deleted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.special import expit

from .base import Floats, Measure, Votes, reliability_in_words
from .components import Components, one_way_components, two_way_components

CITATION = (
    "Shrout and Fleiss (1979), Psychological Bulletin 86:420; by REML variance components; "
    "words: Koo and Li (2016), Journal of Chiropractic Medicine 15:155"
)


class Form(StrEnum):
    """Model, and whether of a single rating or of an image's mean."""

    #: Each image by other raters; whose ratings they are is not known.
    ONE_WAY_SINGLE = "ICC(1,1)"
    #: Raters are a random sample; how high a rater votes counts as disagreement.
    AGREEMENT_SINGLE = "ICC(2,1)"
    #: How high a rater votes does not count.
    CONSISTENCY_SINGLE = "ICC(3,1)"
    ONE_WAY_MEAN = "ICC(1,k)"
    AGREEMENT_MEAN = "ICC(2,k)"
    CONSISTENCY_MEAN = "ICC(3,k)"

    @property
    def one_way(self) -> bool:
        return self in (Form.ONE_WAY_SINGLE, Form.ONE_WAY_MEAN)

    @property
    def of_mean(self) -> bool:
        return self in (Form.ONE_WAY_MEAN, Form.AGREEMENT_MEAN, Form.CONSISTENCY_MEAN)

    @property
    def counts_level(self) -> bool:
        """Whether the variance of subjects counts as disagreement."""
        return self in (Form.AGREEMENT_SINGLE, Form.AGREEMENT_MEAN)


@dataclass(frozen=True)
class Intraclass:
    """All six forms, and the components that they follow from."""

    one_way: Components
    two_way: Components
    forms: Mapping[Form, Measure]


def intraclass_correlations(votes: Votes, *, seed: int = 0) -> Intraclass:
    """All forms, of first votes; k is the harmonic mean of the ratings per image.

    Raises AgreementError as `two_way_components` does.
    """
    one, two = one_way_components(votes, seed=seed), two_way_components(votes, seed=seed)
    forms = {form: intraclass(one if form.one_way else two, form) for form in Form}
    return Intraclass(one, two, forms)


def intraclass(components: Components, form: Form, ratings: float | None = None) -> Measure:
    """One form, from the components of its model.

    ratings: k of a mean; without it the harmonic mean of the ratings per image. The interval is
    that of the delta method on the logit, None at 0 and 1: asymptotic in the number of images
    *and* of raters.
    """
    k = (ratings or components.per_stimulus) if form.of_mean else 1.0
    noise = np.array([0.0, float(form.counts_level) / k, 1 / k])
    theta = np.array([components.stimulus, components.subject, components.residual])
    signal, error = components.stimulus, float(noise @ theta)
    value = signal / (signal + error)
    low, high = _interval(signal, error, noise, components.covariance)
    meaning = reliability_in_words(value)
    return Measure(value, low, high, components.ratings, meaning, CITATION)


def _interval(
    signal: float, error: float, noise: Floats, covariance: Floats
) -> tuple[float | None, float | None]:
    if signal <= 0 or error <= 0:
        return None, None
    # The logit of signal / (signal + error) is log signal − log error.
    slope = np.array([1 / signal, 0.0, 0.0]) - noise / error
    logit, half = np.log(signal / error), 1.959964 * np.sqrt(slope @ covariance @ slope)
    low, high = expit([logit - half, logit + half]).tolist()
    return low, high
