"""Hyper-parameters of one perspective's last layer by evidence maximisation.

Works in at most min(N, D) dimensions: with fewer labels than features the features are rotated
into the labels' span, which leaves an isotropic prior as it is, so the posterior stays exact.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize

Array = NDArray[np.float64]

#: Log-normal priors (median, standard deviation of the logarithm) of the explained variance a and
#: the misfit variance t, on 0…1 scores: MOS of a study typically spread by 0.2, and a good linear
#: head misses by 0.07.
PRIOR_SIGNAL = (0.04, 1.5)
PRIOR_MISFIT = (0.005, 1.5)
_BOUNDS = ((np.log(1e-5), np.log(10.0)), (np.log(1e-6), np.log(0.25)))


@dataclass(frozen=True)
class Evidence:
    """What evidence maximisation found, and the posterior there (last weight: the intercept)."""

    prior_variance: float
    misfit_variance: float
    log_evidence: float
    weights: Array  # (D + 1,)
    factor: Array  # (D + 1, D + 1); factor @ factor.T is the covariance


def maximise(features: Array, targets: Array, noise: Array, intercept_variance: float) -> Evidence:
    """Posterior at the most likely hyper-parameters.

    `features` (N, D) standardised, `targets` (N,) centred on the prior mean, `noise` (N,) known
    variance of each target.
    """
    problem = _Problem(features, targets, noise, intercept_variance)
    start = np.log([PRIOR_SIGNAL[0], PRIOR_MISFIT[0]])
    found = optimize.minimize(problem.cost, start, method="L-BFGS-B", bounds=_BOUNDS, tol=1e-7)
    signal, misfit = (float(value) for value in np.exp(found.x))
    weights, factor = problem.posterior(signal, misfit)
    return Evidence(signal, misfit, problem.log_evidence(signal, misfit), weights, factor)


def posterior_at(
    features: Array,
    targets: Array,
    noise: Array,
    intercept_variance: float,
    signal: float,
    misfit: float,
) -> tuple[Array, Array]:
    """Weights (D + 1,) and a factor (D + 1, D + 1) of their covariance at known hyper-parameters;
    the rest as in `maximise`."""
    return _Problem(features, targets, noise, intercept_variance).posterior(signal, misfit)


class _Problem:
    """One regression whose noise depends on few distinct known variances.

    Stimuli with the same number of ratings share a noise variance, so their Gram matrices are
    summed once and each trial of hyper-parameters costs one Cholesky factorisation.
    """

    def __init__(
        self, features: Array, targets: Array, noise: Array, intercept_variance: float
    ) -> None:
        self.count, self.width = features.shape
        self.intercept_variance = intercept_variance
        self.basis: Array | None = None
        if self.count < self.width:
            # featuresᵀ = basis · triangular, so features · w = triangularᵀ · (basisᵀ · w).
            basis, triangular = linalg.qr(features.T, mode="economic")
            self.basis, features = basis.astype(np.float64), triangular.T.astype(np.float64)
        self.design = np.concatenate([features, np.ones((self.count, 1))], axis=1)
        self.targets = targets
        self.known, self.group = np.unique(noise, return_inverse=True)

    @cached_property
    def _moments(self) -> list[tuple[int, Array, Array, float]]:
        """Per distinct noise: N, ΦᵀΦ, Φᵀy and yᵀy of its stimuli."""
        moments = []
        for number in range(len(self.known)):
            phi, y = self.design[self.group == number], self.targets[self.group == number]
            moments.append((len(y), phi.T @ phi, phi.T @ y, float(y @ y)))
        return moments

    def _prior_precision(self, signal: float) -> Array:
        precision = np.full(self.design.shape[1], self.width / signal)
        precision[-1] = 1 / self.intercept_variance
        return precision

    def _solve(self, signal: float, misfit: float) -> tuple[Array, Array, Array]:
        """Lower Cholesky factor of the posterior precision, Φᵀ·N⁻¹·y, and the weights."""
        inverse = 1 / (self.known + misfit)
        precision = np.diag(self._prior_precision(signal))
        right = np.zeros(self.design.shape[1])
        for scale, (_, gram, cross, _) in zip(inverse, self._moments, strict=True):
            precision += scale * gram
            right += scale * cross
        lower = linalg.cholesky(precision, lower=True, check_finite=False)
        return lower, right, linalg.cho_solve((lower, True), right, check_finite=False)

    def log_evidence(self, signal: float, misfit: float) -> float:
        """log p(y) (Bishop, equation 3.86, with a noise variance per stimulus)."""
        lower, right, weights = self._solve(signal, misfit)
        noise = self.known + misfit
        fit = -float(right @ weights)
        log_noise = 0.0
        for variance, (count, _, _, squares) in zip(noise, self._moments, strict=True):
            fit += squares / variance
            log_noise += count * np.log(variance)
        log_posterior = 2 * float(np.log(np.diag(lower)).sum())
        log_prior = float(np.log(self._prior_precision(signal)).sum())
        return -0.5 * float(
            fit + log_noise + log_posterior - log_prior + self.count * np.log(2 * np.pi)
        )

    def cost(self, logarithms: Array) -> float:
        """Negative log posterior of (log a, log t)."""
        signal, misfit = np.exp(logarithms)
        penalty = sum(
            0.5 * ((value - np.log(median)) / spread) ** 2
            for value, (median, spread) in zip(
                logarithms, (PRIOR_SIGNAL, PRIOR_MISFIT), strict=True
            )
        )
        return float(penalty) - self.log_evidence(float(signal), float(misfit))

    def posterior(self, signal: float, misfit: float) -> tuple[Array, Array]:
        """Weights (D + 1,) and a factor (D + 1, D + 1) of their covariance."""
        lower, _, weights = self._solve(signal, misfit)
        # precision = L·Lᵀ, so L⁻ᵀ is a factor of its inverse.
        factor = linalg.solve_triangular(lower, np.eye(len(lower)), lower=True).T
        if self.basis is None:
            return weights, factor
        # Back from the labels' span; orthogonal to it the prior stands.
        span = linalg.block_diag(self.basis, np.ones((1, 1)))
        prior_sd = np.sqrt(signal / self.width)
        full = span @ factor @ span.T + prior_sd * (np.eye(len(span)) - span @ span.T)
        return span @ weights, full
