"""Labels as arrays: the mean opinion scores of N stimuli from P perspectives."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .errors import LearningError
from .evidence import PRIOR_MISFIT

#: Number of ratings assumed if a published score does not give it: BT.500-15 asks for at least
#: 15 observers.
ASSUMED_RATERS = 15
#: Prior knowledge of a single rater's standard deviation on 0…1 (0.2 is 0.8 of a five-level
#: scale), worth this many degrees of freedom: labels with one rating each have none of their own.
PRIOR_RATER_SD = 0.2
PRIOR_DEGREES = 2.0


@dataclass(frozen=True)
class Labels:
    """`mos` (N, P) on 0…1, NaN if there is none; `ratings` (N, P) counts; `sd` (N, P) the
    standard deviation of single ratings (n − 1), NaN if there are fewer than two."""

    mos: NDArray[np.float64]
    ratings: NDArray[np.float64]
    sd: NDArray[np.float64]

    def __post_init__(self) -> None:
        if not self.mos.shape == self.ratings.shape == self.sd.shape or self.mos.ndim != 2:
            raise LearningError(
                f"labels have shapes {self.mos.shape}, {self.ratings.shape}, {self.sd.shape}; "
                "all three must be (stimuli, perspectives)"
            )
        labelled = np.isfinite(self.mos)
        if (self.ratings[labelled] < 1).any():
            raise LearningError("a mean opinion score has fewer than one rating")

    def __len__(self) -> int:
        return len(self.mos)

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """(N, P): where there is a label."""
        found: NDArray[np.bool_] = np.isfinite(self.mos)
        return found

    @property
    def counts(self) -> NDArray[np.float64]:
        """(N, P): ratings that each label rests on, 0 where there is none."""
        return np.where(self.labelled, self.ratings, 0.0)

    @property
    def degrees(self) -> NDArray[np.float64]:
        """(N, P): degrees of freedom of the spread of single ratings; 0 if it is not known."""
        found: NDArray[np.float64] = np.where(np.isfinite(self.sd), self.ratings - 1, 0.0)
        return found

    def take(self, index: NDArray[np.intp]) -> "Labels":
        return Labels(self.mos[index], self.ratings[index], self.sd[index])

    def columns(self, order: Sequence[int]) -> "Labels":
        """From those perspectives, in that order."""
        places = list(order)
        return Labels(self.mos[:, places], self.ratings[:, places], self.sd[:, places])

    def rater_variance(self) -> NDArray[np.float64]:
        """(P,): variance of a single rater's score around the stimulus's true score.

        The pooled within-stimulus variance, with `PRIOR_RATER_SD` counted as `PRIOR_DEGREES`
        further degrees of freedom (the scale of a scaled-inverse-χ² posterior; Gelman et al.,
        Bayesian Data Analysis, 3rd ed., section 2.6).
        """
        known = np.isfinite(self.sd)
        degrees = np.where(known, self.ratings - 1, 0.0)
        squares = (degrees * np.nan_to_num(self.sd) ** 2).sum(axis=0)
        prior = PRIOR_DEGREES * PRIOR_RATER_SD**2
        result: NDArray[np.float64] = (prior + squares) / (PRIOR_DEGREES + degrees.sum(axis=0))
        return result


@dataclass(frozen=True)
class SourceLabel:
    """One source's score of one stimulus from one perspective; `place` is the stimulus's row."""

    place: int
    perspective: int
    mos: float
    sd: float | None
    ratings: int | None


def combine(sources: Iterable[SourceLabel], stimuli: int, perspectives: int) -> Labels:
    """Labels of `stimuli` rows; if several sources have one, each rating counts the same.

    The spread of a combined label is that within its sources: their offset from each other is not
    an error of the raters. Raises LearningError naming the row if a source's score is not a number.
    """
    shape = (stimuli, perspectives)
    ratings, totals = np.zeros(shape), np.zeros(shape)
    degrees, squares = np.zeros(shape), np.zeros(shape)
    for label in sources:
        at = (label.place, label.perspective)
        if not math.isfinite(label.mos):
            raise LearningError(
                f"a source's score of image {label.place} is {label.mos}; correct or remove it"
            )
        count = ASSUMED_RATERS if label.ratings is None else label.ratings
        ratings[at] += count
        totals[at] += count * label.mos
        if label.sd is not None and count > 1:
            degrees[at] += count - 1
            squares[at] += (count - 1) * label.sd**2
    with np.errstate(invalid="ignore", divide="ignore"):
        return Labels(totals / ratings, ratings, np.sqrt(squares / degrees))


def label_variance(labels: Labels) -> NDArray[np.float64]:
    """(N, P): the variance of each label, v/n; of a single rating if there is no label.

    v is the variance among the image's own raters, drawn towards a single rater's variance in all
    (`rater_variance`) as far as few ratings say little of it: ((n − 1)·sd² + 2·s) / (n − 1 + 2).
    """
    pooled = labels.rater_variance()
    known = np.isfinite(labels.sd)
    degrees = np.where(known, labels.ratings - 1, 0.0)
    squares = degrees * np.nan_to_num(labels.sd) ** 2
    variance = (squares + PRIOR_DEGREES * pooled) / (degrees + PRIOR_DEGREES)
    found: NDArray[np.float64] = variance / np.maximum(labels.ratings, 1.0)
    return found


def loss_weights(labels: Labels) -> NDArray[np.float64]:
    """(N, P): how much an image's absolute error counts, 1 on average over each column's labels.

    1/√(t + v/n): the inverse of the label's standard error, as a Laplace likelihood with that scale
    weighs an absolute error. t is what no model explains of even a label of very many ratings, the
    last layer's misfit as expected a priori; v/n is `label_variance`. 0 if there is no label.
    """
    labelled = np.isfinite(labels.mos)
    error = PRIOR_MISFIT[0] + label_variance(labels)
    weights = np.where(labelled, 1 / np.sqrt(error), 0.0)
    average = weights.sum(axis=0) / np.maximum(labelled.sum(axis=0), 1)
    result: NDArray[np.float64] = weights / np.where(average > 0, average, 1.0)
    return result
