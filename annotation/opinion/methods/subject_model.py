"""The subject model with priors: what `subject_map` and `ordinal` fit; see `subject_map`."""

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.sparse.linalg import LinearOperator, cg

from ...protocol.verdicts import Verdict
from .base import Floats, OpinionError, Subjects, Votes
from .intervals import FLAT_SOS
from .means import weighted_means

#: τ before any evidence, as a share of the scale's range, and how many raters that is worth.
_BIAS_SHARE = 0.1
_BIAS_WORTH = 2.0
#: How many raters the prior of s² is worth.
_CENTRE_WORTH = 2.0
#: A bias smaller than this share of half the scale is rounding.
_NOTHING = 1e-13


def times_voted(votes: Votes) -> Floats:
    """How often the vote's subject votes on its stimulus, (R,)."""
    if not votes.repetition.any():
        return np.ones_like(votes.score)
    _, place, times = np.unique(votes.pairs(), return_inverse=True, return_counts=True)
    found: Floats = times[place].astype(np.float64)
    return found


def _product(matrix: "csr_array[np.float64] | csc_array[np.float64]", values: Floats) -> Floats:
    return np.asarray(matrix @ values, dtype=np.float64)


class SubjectModel:
    """x = ψ_j + b_i + σ_i ε, fitted in rounds of `observe`, `solve` and `spread`.

    Scores are relative to the middle of the scale, so that sums of squares keep their digits.
    """

    def __init__(self, votes: Votes, worth: float, hold: float = 0.0) -> None:
        """worth: of the prior on each σ², in votes. hold: the precision of a prior on ψ, whose
        centre is the middle of the scale. Raises OpinionError if `worth` is not above 0."""
        if not (np.isfinite(worth) and worth > 0):
            raise OpinionError(f"prior_votes is {worth}, not a finite number above 0")
        self.votes, self.worth, self.hold = votes, worth, hold
        low, high = votes.scale.ends
        self.middle, self.half = (low + high) / 2, (high - low) / 2
        self.flat = FLAT_SOS * (high - low) ** 2 / 4
        self.least = ((high - low) / (votes.scale.levels - 1)) ** 2 / 12
        self.usual_bias = (_BIAS_SHARE * (high - low)) ** 2
        self._weigh()
        self.centre = self._start()
        self.bias_variance = self.usual_bias
        self.variance = np.full(votes.subjects, self.centre)
        self.bias, self.bias_error = np.zeros(votes.subjects), np.zeros(votes.subjects)
        self.quality, self.quality_variance = np.zeros(votes.stimuli), np.zeros(votes.stimuli)

    def _weigh(self) -> None:
        votes, size = self.votes, self.votes.subjects
        share = 1 / times_voted(votes)
        self.weight = votes.weight * share
        #: (U,): how many votes, a rater's on one image together being one; their mean weight.
        self.n = np.bincount(votes.subject, weights=share, minlength=size)
        self.there = self.n > 0
        self.total = np.bincount(votes.subject, weights=self.weight, minlength=size)
        self.mean_weight = np.divide(self.total, self.n, out=np.ones(size), where=self.there)
        #: (S, U): weights of votes, as they are, as they tell about ψ, and as ψ swallows them.
        self.weights = self._matrix(self.weight)
        self._tell(self.weights, self.weights)

    def _matrix(self, values: Floats) -> "csr_array[np.float64]":
        places = (self.votes.stimulus, self.votes.subject)
        return csr_array((values, places), shape=(self.votes.stimuli, self.votes.subjects))

    def _start(self) -> float:
        """The scatter of votes within images."""
        votes = self.votes
        found = weighted_means(votes.score, votes.stimulus, votes.stimuli, votes.weight)
        known = found.degrees > 0
        degrees = found.degrees[known]
        own = float(degrees @ found.sd[known] ** 2)
        return (_CENTRE_WORTH * self.flat + own) / (_CENTRE_WORTH + float(degrees.sum()))

    def observe(self, score: Floats, uncertain: Floats | None = None) -> None:
        """Takes these scores, (R,), relative to the middle; `uncertain`: the variance of each."""
        subject, size = self.votes.subject, self.votes.subjects
        square = score**2 if uncertain is None else score**2 + uncertain
        if uncertain is not None:
            self._uncertain(uncertain)
        self.weighted = self._matrix(self.weight * score)
        #: (U,): sums over a rater's votes of weight · score and weight · score².
        self.sums = np.bincount(subject, weights=self.weight * score, minlength=size)
        self.squares = np.bincount(subject, weights=self.weight * square, minlength=size)

    def _uncertain(self, variance: Floats) -> None:
        """Scores that a vote narrows down, but does not tell, follow ψ and b by the share
        variance/σ²; only what is left of 1 tells about ψ, and is swallowed by it."""
        told = np.clip(1 - variance / self.variance[self.votes.subject], 0, 1)
        self._tell(self._matrix(self.weight * told), self._matrix(self.weight * told**2))

    def _tell(self, telling: "csr_array[np.float64]", swallowing: "csr_array[np.float64]") -> None:
        self.telling, self.swallowing = telling, swallowing
        #: (U,): their sums over a rater's votes.
        self.told: Floats = np.asarray(telling.sum(axis=0), dtype=np.float64)
        self.taken: Floats = np.asarray(swallowing.sum(axis=0), dtype=np.float64)

    def solve(self, tolerance: float) -> None:
        """Qualities and biases given the variances, to this share of the right-hand side."""
        precision = 1 / self.variance
        known = _product(self.weights, precision) + self.hold
        self.quality_variance = np.divide(1, known, out=np.zeros_like(known), where=known > 0)
        free = self.quality_variance * _product(self.weighted, precision)
        diagonal = precision * self.total + 1 / self.bias_variance
        self.bias_error = 1 / diagonal
        right = precision * (self.sums - _product(self.weights.T, free))
        # What rounding leaves of 0 has no solution to look for.
        if np.abs(right / diagonal).max(initial=0.0) > _NOTHING * self.half:
            self.bias = self._biases(precision, diagonal, right, tolerance)
        else:
            self.bias = np.zeros_like(right)
        drawn = _product(self.weights, (precision * self.bias))
        self.quality = free - self.quality_variance * drawn

    def _biases(
        self, precision: Floats, diagonal: Floats, right: Floats, tolerance: float
    ) -> Floats:
        def system(bias: Floats) -> Floats:
            drawn = self.quality_variance * _product(self.weights, (precision * bias))
            found: Floats = diagonal * bias - precision * _product(self.weights.T, drawn)
            return found

        shape = (right.size, right.size)
        matrix = LinearOperator(shape, matvec=system, dtype=np.float64)
        scaled = LinearOperator(shape, matvec=lambda bias: bias / diagonal, dtype=np.float64)
        found, _ = cg(matrix, right, self.bias, rtol=tolerance, maxiter=500, M=scaled)
        return np.asarray(found, dtype=np.float64)

    def spread(self) -> float:
        """Variances given qualities and biases, then what raters have in common; returns the
        largest change of a variance, as a share of it."""
        before = self.variance
        residual = self._residual_squares() / self.mean_weight
        swallowed = np.minimum(self._leverage() / before / self.mean_weight, self.n)
        shown = self.worth * self.centre + residual
        found = shown / (self.worth + self.n - swallowed)
        self.variance = np.where(self.there, found, self.centre)
        self._share()
        change: Floats = np.abs(self.variance - before) / before
        return float(change.max(initial=0.0))

    def _leverage(self) -> Floats:
        """How much of the squares of a rater's votes qualities and biases swallow, (U,)."""
        precision = 1 / self.variance
        known = _product(self.telling, precision) + self.hold
        quality = np.divide(1, known, out=np.zeros_like(known), where=known > 0)
        bias = 1 / (precision * self.told + 1 / self.bias_variance)
        found: Floats = _product(self.swallowing.T, quality) + self.taken * bias
        return found

    def _share(self) -> None:
        """s² and τ², from all raters that are there."""
        raters = int(self.there.sum())
        precisions = float((1 / self.variance[self.there]).sum())
        centre = (self.worth * raters + _CENTRE_WORTH) / (
            self.worth * precisions + _CENTRE_WORTH / self.flat
        )
        # Rounding to levels alone scatters by step²/12: where all votes are equal, nothing else
        # would keep s² from 0.
        self.centre = max(centre, self.least)
        biases = float((self.bias**2 + self.bias_error)[self.there].sum())
        self.bias_variance = (_BIAS_WORTH * self.usual_bias + biases) / (_BIAS_WORTH + raters)

    def _residual_squares(self) -> Floats:
        """Σ w (x − ψ − b)² over each rater's votes, (U,)."""
        quality, bias = self.quality, self.bias
        apart = (
            self.squares
            - 2 * _product(self.weighted.T, quality)
            + _product(self.weights.T, quality**2)
            - 2 * bias * (self.sums - _product(self.weights.T, quality))
            + bias**2 * self.total
        )
        return np.maximum(apart, 0.0)

    def subjects(self) -> Subjects:
        known = np.where(self.there, 1.0, np.nan)
        return Subjects(
            bias=self.bias * known,
            inconsistency=np.sqrt(self.variance) * known,
            verdict=np.where(self.there, Verdict.KEPT.value, Verdict.NONE.value),
            reason=np.full(self.there.size, "", dtype=np.str_),
        )

    def common(self) -> dict[str, float]:
        """s, τ, the variance of the panel's mean bias, and what the biases have cost."""
        raters = max(int(self.there.sum()), 1)
        spent = (self.total / self.variance * self.bias_error)[self.there]
        return {
            "inconsistency": float(np.sqrt(self.centre)),
            "bias_sd": float(np.sqrt(self.bias_variance)),
            "panel": self.bias_variance / raters,
            "spent": float(spent.sum()),
        }
