"""The mean opinion score: the plain mean, or the weighted one if a study's rules weigh.

With its spread and its interval, as ITU-T P.910 (2023) section 8 and ITU-R BT.500-15 Annex 1 give
them: the interval is that of a mean of n scores; with the few votes per image that active
collection gives, Student's t is used instead of 1.96 (the two agree for large n).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import stats

from workbench.core.texts import gettext_noop

from .base import (
    METHODS,
    Estimates,
    Floats,
    Integers,
    NoParameters,
    Votes,
    without_subjects,
)

#: Effective numbers that are nearer to a whole one differ from it only by rounding.
_EQUAL = 1e-9


class MeanOpinionScore:
    """Every vote counts by its weight, whoever gave it; subjects are not modelled."""

    name = "mos"
    label = gettext_noop("Mean opinion score (MOS)")
    version = "1"
    citation = "ITU-T P.910 (2023), section 8; ITU-R BT.500-15, Annex 1"
    parameters: ClassVar[type[NoParameters]] = NoParameters

    def estimate(self, votes: Votes, parameters: NoParameters) -> Estimates:
        return mean_estimates(votes, votes.score, without_subjects(votes.subjects))


def mean_estimates(votes: Votes, score: Floats, subjects: Mapping[str, Any]) -> Estimates:
    """The estimates of a method that takes the mean of each stimulus's scores.

    score: (R,), the votes' own or what the method made of them. subjects: the fields of `Estimates`
    about subjects.
    """
    found = weighted_means(score, votes.stimulus, votes.stimuli, votes.weight)
    return Estimates(
        value=found.mean,
        standard_error=found.standard_error,
        low=found.mean - found.half_width,
        high=found.mean + found.half_width,
        sd=found.sd,
        n=found.n,
        counts=votes.counts(),
        **subjects,
    )


@dataclass(frozen=True)
class Means:
    """Of each of S groups, (S,); NaN if there are too few votes."""

    mean: Floats
    sd: Floats
    standard_error: Floats
    #: Half of the 95 % interval.
    half_width: Floats
    n: Integers


def weighted_means(values: Floats, groups: Integers, size: int, weight: Floats) -> Means:
    """Of `size` groups: values (R,), groups (R,) in 0…size − 1, weights (R,) above 0.

    `sd` is the unbiased one for weights of reliability, Σw(x − x̄)² / (Σw − Σw²/Σw); standard error
    and interval are those of (Σw)²/Σw² votes (Kish's effective number).
    """
    n = np.bincount(groups, minlength=size)
    total = np.bincount(groups, weights=weight, minlength=size)
    squared = np.bincount(groups, weights=weight**2, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(groups, weights=weight * values, minlength=size) / total
        # Deviations from each group's own mean: no cancellation, unlike E[x²] − E[x]².
        deviations = weight * (values - mean[groups]) ** 2
        squares = np.bincount(groups, weights=deviations, minlength=size)
        sd = np.sqrt(np.where(n > 1, squares / (total - squared / total), np.nan))
        effective = total**2 / squared
        error = sd / np.sqrt(effective)
        # Between two whole numbers of degrees the wider interval is taken.
        degrees = np.floor(np.nan_to_num(effective) + _EQUAL) - 1
        return Means(mean, sd, error, t_975(degrees) * error, n)


def t_975(degrees: Floats) -> Floats:
    """The 97.5 % point of Student's t; NaN without a degree of freedom. The shape of `degrees`."""
    # Few different ones, however many images: a quantile costs a microsecond.
    different, places = np.unique(degrees, return_inverse=True)
    quantiles = np.asarray(stats.t.ppf(0.975, np.where(different < 1, np.nan, different)))
    found: Floats = quantiles[places]
    return found


METHODS.register(MeanOpinionScore())
