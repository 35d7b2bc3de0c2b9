"""Quality, bias and inconsistency by alternating projection, on matrices instead of votes.

The model: score = ψ of the stimulus + b of the subject + noise of the subject's σ. Everything that
an iteration needs of the votes are sums by stimulus and subject, so it works on two sparse matrices
(how many votes, their sum) and never goes through the votes again.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from .base import Floats, Integers, Votes
from .means import weight_totals

#: Keeps the weight of a subject without inconsistency finite, as in the recommendation's code.
_EPSILON = 1e-8
#: Ends when ψ moves by less than this altogether (the Euclidean norm), or after so many iterations.
_STILL = 1e-8
MOST_ITERATIONS = 1000
#: Variances below this part of the scale's squared length are not taken from sums of squares.
_CANCELLED = 1e-6
#: From this share of cells with a vote a full matrix is quicker than a sparse one.
_FULL = 0.5


@dataclass(frozen=True)
class Projection:
    """Of S stimuli and U subjects; 0 for those without a vote."""

    #: (S,): ψ; and its standard error, residual standard deviation / √n.
    quality: Floats
    standard_error: Floats
    #: (U,): their mean is 0; and σ.
    bias: Floats
    inconsistency: Floats
    settled: bool


def project(votes: Votes) -> Projection:
    """ψ starts as the mean and b as the mean of x − ψ. Repeated: σ² = the variance of a subject's
    residuals (of a population), ψ = the mean of x − b weighted by 1/(σ² + 10⁻⁸), b = the mean of
    x − ψ. At last the mean of b moves into ψ; residuals are those before the last update of ψ.
    """
    if not votes.score.size:
        nothing = np.zeros(votes.stimuli), np.zeros(votes.subjects)
        return Projection(nothing[0], nothing[0], nothing[1], nothing[1], settled=True)
    start = weighted_mean(votes.score, votes.stimulus, votes.stimuli, votes.weight)
    problem = _Problem(votes, votes.score - start[votes.stimulus])
    change, bias = np.zeros(votes.stimuli), problem.biases(np.zeros(votes.stimuli))
    for _ in range(MOST_ITERATIONS):
        variance = problem.variances(change, bias)
        before, change = (change, bias), problem.changes(bias, 1 / (variance + _EPSILON))
        bias = problem.biases(change)
        settled = bool(np.linalg.norm(change - before[0]) < _STILL)
        if settled:
            break
    residual = problem.score - before[0][votes.stimulus] - before[1][votes.subject]
    middle = float(bias[problem.given > 0].mean())
    return Projection(
        start + change + middle,
        _standard_error(votes, residual),
        bias - middle,
        _inconsistency(votes, residual, variance),
        settled,
    )


class _Problem:
    """Sums over votes: `score` is x less where ψ starts, so that squares cancel little."""

    def __init__(self, votes: Votes, score: Floats) -> None:
        self.score = score
        #: (S, U): how many votes, and their sum; and both by weight.
        numbers, sums = _numbers(votes), _matrix(votes, score)
        if (votes.weight == 1).all():
            self._weighted = numbers, sums
        else:
            self._weighted = _matrix(votes, votes.weight), _matrix(votes, votes.weight * score)
        # Transposed views: results of U subjects stay in the processor's cache while they are added
        # up, by rows of stimuli; a copy by subjects would jump about in S values and take longer.
        self._numbers, self._sums = None if numbers is None else numbers.T, sums.T
        self.given = np.bincount(votes.subject, minlength=votes.subjects)
        self._n = np.maximum(self.given, 1)
        self._total = np.bincount(votes.subject, weights=score, minlength=votes.subjects)
        self._squares = np.bincount(votes.subject, weights=score**2, minlength=votes.subjects)

    def biases(self, change: Floats) -> Floats:
        """(U,) for ψ − its start, (S,)."""
        found: Floats = (self._total - _times(self._numbers, change)) / self._n
        return found

    def variances(self, change: Floats, bias: Floats) -> Floats:
        """(U,): of the residuals, whose mean is 0 when `bias` is that of `change`."""
        squares = (
            self._squares - 2 * _times(self._sums, change) + _times(self._numbers, change * change)
        )
        found: Floats = np.maximum(squares / self._n - bias * bias, 0.0)
        return found

    def changes(self, bias: Floats, weight: Floats) -> Floats:
        """(S,): ψ − its start, for biases and weights (U,)."""
        numbers, sums = self._weighted
        total = _times(numbers, weight)
        found = _times(sums, weight) - _times(numbers, weight * bias)
        moved: Floats = np.divide(found, total, out=np.zeros_like(found), where=total > 0)
        return moved


def _times(matrix: Any, vector: Floats) -> Floats:
    """The product, or the one number in all its rows if the matrix is None: if all in it are 1."""
    if matrix is None:
        return np.asarray(vector.sum())
    # Not by BLAS, whose threads wait for each other on a busy machine.
    if isinstance(matrix, np.ndarray):
        return np.asarray(np.einsum("ij,j->i", matrix, vector))
    return np.asarray(matrix @ vector)


def _numbers(votes: Votes) -> "Floats | csr_array[np.float64] | None":
    """(S, U): how many votes are in each cell; None if everybody voted once on everything."""
    numbers = _matrix(votes, np.ones_like(votes.score))
    complete = isinstance(numbers, np.ndarray) and bool((numbers == 1).all())
    return None if complete else numbers


def _matrix(votes: Votes, values: Floats) -> "Floats | csr_array[np.float64]":
    """(S, U): the sum of values (R,) in each cell; in full if most cells have a vote."""
    size = votes.stimuli * votes.subjects
    if values.size >= _FULL * size:
        cells = np.bincount(votes.pairs(), weights=values, minlength=size)
        return np.asarray(cells, np.float64).reshape(votes.stimuli, votes.subjects)
    places = votes.stimulus.astype(np.int32), votes.subject.astype(np.int32)
    return csr_array((values, places), shape=(votes.stimuli, votes.subjects))


def weighted_mean(values: Floats, groups: Integers, size: int, weight: Floats) -> Floats:
    """(size,): 0 of a group without a value; else as `means.weighted_means`, without the spread."""
    total, _ = weight_totals(groups, size, weight)
    # A product with ones would be one more array of votes.
    weighted = values if (weight == 1).all() else weight * values
    found = np.bincount(groups, weights=weighted, minlength=size)
    return np.divide(found, total, out=np.zeros_like(found), where=total > 0)


def _inconsistency(votes: Votes, residual: Floats, variance: Floats) -> Floats:
    """(U,): the root of `variance`; from the residuals again if one is so small that what sums of
    squares cancel would show."""
    length = votes.scale.maximum - votes.scale.minimum
    if (variance > _CANCELLED * length**2).all():
        found: Floats = np.sqrt(variance)
        return found
    return _spread(residual, votes.subject, votes.subjects, np.ones_like(residual))


def _spread(residual: Floats, groups: Integers, size: int, weight: Floats) -> Floats:
    """(size,): the standard deviation of a population."""
    rest = residual - weighted_mean(residual, groups, size, weight)[groups]
    found: Floats = np.sqrt(weighted_mean(rest * rest, groups, size, weight))
    return found


def _standard_error(votes: Votes, residual: Floats) -> Floats:
    """(S,): the residuals' standard deviation / √n; n is the effective number if votes weigh."""
    groups, size, weight = votes.stimulus, votes.stimuli, votes.weight
    total, squared = weight_totals(groups, size, weight)
    spread = _spread(residual, groups, size, weight) * np.sqrt(squared)
    return np.divide(spread, total, out=np.zeros_like(spread), where=total > 0)
