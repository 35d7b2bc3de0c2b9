"""Two-way least squares on sparse data, and what follows from its sums of squares.

Residuals after two crossed factors (stimulus and subject): the means of the first are taken out of
everything, and what remains is solved for the second by conjugate gradients, which needs no matrix
but who rated what.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, cg

from ..correlation import Floats, Integers, sums
from .base import separate_groups

#: The equations' residual is at most this share of their right side. Sums of squares need no more
#: than the quick one: their error is of its square.
EXACT, QUICK = 1e-9, 1e-3
_MOST_ITERATIONS = 500


@dataclass(frozen=True)
class Factors:
    """Two crossed factors of R values: (R,) places in 0…sizes − 1, each with a value."""

    one: Integers
    two: Integers
    sizes: tuple[int, int]
    tolerance: float = EXACT

    @cached_property
    def groups(self) -> int:
        """Into how many parts the design falls; 1 if it is connected."""
        return separate_groups(self.one, self.two, self.sizes)

    @property
    def degrees(self) -> int:
        """Degrees of freedom that both factors leave."""
        return int(self.one.size - sum(self.sizes) + self.groups)

    def residuals(self, values: Floats) -> Floats:
        """What is left of values (R,) after both factors, by least squares; (R,)."""
        left = self.after_one(values)
        effects, _code = cg(
            self._equations,
            sums(left, self.two, self.sizes[1]),
            rtol=self.tolerance,
            atol=EXACT * float(np.abs(values).max(initial=0.0)),
            maxiter=_MOST_ITERATIONS,
            M=sparse.diags_array(1 / self._count_two),
        )
        return self.after_one(values - effects[self.two])

    def after_one(self, values: Floats) -> Floats:
        """What is left of values (R,) after the first factor alone; (R,)."""
        mean = sums(values, self.one, self.sizes[0]) / self._count_one
        left: Floats = values - mean[self.one]
        return left

    def after_two(self, values: Floats) -> Floats:
        """What is left of values (R,) after the second factor alone; (R,)."""
        mean = sums(values, self.two, self.sizes[1]) / self._count_two
        left: Floats = values - mean[self.two]
        return left

    @cached_property
    def _count_one(self) -> Integers:
        return np.bincount(self.one, minlength=self.sizes[0])

    @cached_property
    def _count_two(self) -> Integers:
        return np.bincount(self.two, minlength=self.sizes[1])

    @cached_property
    def _equations(self) -> LinearOperator:
        """Of the second factor's effects, the first eliminated; singular, but consistent."""
        entries = np.ones(self.one.size)
        joint = sparse.csr_array((entries, (self.one, self.two)), shape=self.sizes)
        across = joint.T.tocsr()

        def applied(effects: Floats) -> Floats:
            mean: Floats = np.asarray(joint @ effects) / self._count_one
            found: Floats = self._count_two * effects - across @ mean
            return found

        return LinearOperator((self.sizes[1], self.sizes[1]), matvec=applied, dtype=np.float64)


@dataclass(frozen=True)
class Moments:
    """Variances of the first factor, the second and the residual; negative if chance made it so."""

    one: float
    two: float
    residual: float


def henderson(values: Floats, factors: Factors) -> Moments | None:
    """Variance components by Henderson's method III (1953, Biometrics 9:226); None if the design
    leaves no residual, or a factor has no replication.

    Unbiased on any design; on complete data the analysis of variance. It costs a tenth of REML.
    """
    votes, degrees = values.size, factors.degrees
    if degrees < 1 or votes in factors.sizes:
        return None
    left = _squares(factors.residuals(values))
    residual = left / degrees
    one, two = factors.sizes
    # What a factor takes away after the other: (its rank) σ² + (votes − the other's levels) of its
    # own variance, as the trace of Z'MZ is votes − levels if no cell has two.
    by_one = _squares(factors.after_two(values)) - left - (one - factors.groups) * residual
    by_two = _squares(factors.after_one(values)) - left - (two - factors.groups) * residual
    return Moments(by_one / (votes - two), by_two / (votes - one), residual)


def _squares(values: Floats) -> float:
    return float(values @ values)
