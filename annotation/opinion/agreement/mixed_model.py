"""Henderson's mixed-model equations of two crossed random factors, and their restricted likelihood.

y = mean + a + b + residual. The factor with more levels, a, has a diagonal block, which is
eliminated: one dense block of b and the mean is left (Henderson 1950; Searle, Casella and McCulloch
1992, Variance Components, ch. 7). Without b it is the one-way model.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg, sparse

from ..correlation import Floats, Integers, sums


@dataclass(frozen=True)
class Design:
    """Which levels each of R values has."""

    #: (R,), in 0…sizes[0] − 1 and 0…sizes[1] − 1; without a second factor `b` is None.
    a: Integers
    b: Integers | None
    sizes: tuple[int, int]

    @cached_property
    def count_a(self) -> Integers:
        return np.bincount(self.a, minlength=self.sizes[0])

    @cached_property
    def joint(self) -> sparse.csr_array:
        """(A, B + 1): how often a level of a meets each of b, and, last, how often it is there."""
        size_a, size_b = self.sizes
        rows, columns = np.arange(size_a), np.full(size_a, size_b)
        entries = self.count_a.astype(np.float64)
        if self.b is not None:
            rows, columns = np.append(self.a, rows), np.append(self.b, columns)
            entries = np.append(np.ones(self.b.size), entries)
        return sparse.csr_array((entries, (rows, columns)), shape=(size_a, size_b + 1))

    @cached_property
    def dense(self) -> Floats:
        """(B + 1, B + 1): the coefficients of b and the mean."""
        if self.b is None:
            return np.array([[float(self.a.size)]])
        count = np.bincount(self.b, minlength=self.sizes[1]).astype(np.float64)
        block = np.diag(np.append(count, self.a.size))
        block[-1, :-1] = block[:-1, -1] = count
        return block

    def gathered(self, values: Floats) -> tuple[Floats, Floats]:
        """Z'v of a (A,), and of b and the mean (B + 1,)."""
        of_b = np.zeros(0) if self.b is None else sums(values, self.b, self.sizes[1])
        return sums(values, self.a, self.sizes[0]), np.append(of_b, values.sum())


@dataclass(frozen=True)
class Fit:
    """The equations of `values` at three variances: of a, of b (NaN without one), the residual."""

    design: Design
    #: (R,)
    values: Floats
    theta: Floats

    @cached_property
    def weight(self) -> Floats:
        """1 / (count of a + λ_a), (A,)."""
        found: Floats = 1 / (self.design.count_a + self.theta[2] / self.theta[0])
        return found

    @cached_property
    def factor(self) -> Floats:
        """Lower Cholesky factor of the block of b and the mean, a eliminated."""
        block = self.design.dense - self._eliminated(self.weight)
        ridge = np.arange(self.design.sizes[1])
        block[ridge, ridge] += self.theta[2] / self.theta[1]
        found: Floats = linalg.cholesky(block, lower=True, overwrite_a=True)
        return found

    @cached_property
    def effects(self) -> tuple[Floats, Floats]:
        """Predicted effects of a (A,), and of b and the mean (B + 1,)."""
        return self._solved(self.values)

    @cached_property
    def residuals(self) -> Floats:
        """What the model leaves, σ² P y; (R,)."""
        return self._left(self.values)

    @property
    def mean(self) -> float:
        return float(self.effects[1][-1])

    @cached_property
    def likelihood(self) -> float:
        """Logarithm of the restricted likelihood, up to a constant."""
        degrees = self.values.size - 1
        logs = degrees * np.log(self.theta[2]) + 2 * np.log(np.diag(self.factor)).sum()
        logs -= np.log(self.weight).sum()
        for size, variance in zip(self.design.sizes, self.theta[:2], strict=True):
            logs -= size * np.log(self.theta[2] / variance) if size else 0.0
        return float(-0.5 * (logs + self.values @ self.residuals / self.theta[2]))

    @cached_property
    def slope(self) -> Floats:
        """Derivatives of the likelihood's logarithm by the three variances; (3,), 0 without b."""
        residual = self.theta[2]
        lost = np.array(self._lost())
        squares = np.array([(level**2).sum() for level in self._levels()])
        known = np.array(self.design.sizes) > 0
        slope = np.zeros(3)
        slope[:2][known] = (squares / self.theta[:2] ** 2 - lost / self.theta[:2])[known]
        degrees = self.values.size - 1 - lost.sum()
        slope[2] = (self.residuals @ self.residuals / residual - degrees) / residual
        return slope / 2

    def information(self) -> Floats:
        """Average of observed and expected information about the three variances; (3, 3)."""
        first, second = self._levels()
        work = np.zeros((3, self.values.size))
        work[0] = first[self.design.a] / self.theta[0]
        if self.design.b is not None:
            work[1] = second[self.design.b] / self.theta[1]
        work[2] = self.residuals / self.theta[2]
        left = np.stack([self._left(row) for row in work])
        found: Floats = work @ left.T / (2 * self.theta[2])
        return found

    def _levels(self) -> tuple[Floats, Floats]:
        return self.effects[0], self.effects[1][:-1]

    def _lost(self) -> tuple[float, float]:
        """Degrees of freedom that the effects of a and of b take: levels − λ tr(C⁻¹)."""
        inverse = self._inverse()
        size_a, size_b = self.design.sizes
        of_a = self.weight.sum() + (inverse * self._eliminated(self.weight**2)).sum()
        of_b = np.trace(inverse[:-1, :-1])
        ratio = self.theta[2] / self.theta[:2]
        return size_a - ratio[0] * of_a, size_b - ratio[1] * of_b if size_b else 0.0

    def _inverse(self) -> Floats:
        """Of the block of b and the mean, (B + 1, B + 1)."""
        lower, _code = linalg.lapack.dpotri(self.factor, lower=True)
        half = np.tril(lower)
        found: Floats = half + half.T - np.diag(np.diag(half))
        return found

    def _eliminated(self, weight: Floats) -> Floats:
        """joint' · diag(weight) · joint, (B + 1, B + 1)."""
        joint = self.design.joint
        found: Floats = (joint.T @ (sparse.diags_array(weight) @ joint)).toarray()
        return found

    def _solved(self, values: Floats) -> tuple[Floats, Floats]:
        of_a, right = self.design.gathered(values)
        joint = self.design.joint
        second = linalg.cho_solve((self.factor, True), right - joint.T @ (self.weight * of_a))
        return self.weight * (of_a - joint @ second), second

    def _left(self, values: Floats) -> Floats:
        first, second = self.effects if values is self.values else self._solved(values)
        left: Floats = values - first[self.design.a] - second[-1]
        if self.design.b is not None:
            left -= second[:-1][self.design.b]
        return left
