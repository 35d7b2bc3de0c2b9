"""Images whose rating lessens the variance of all predictions most.

For a Gaussian posterior, a rating of image r with a variance of its own of v lessens the variance
of each other image j by k(j, r)²/(k(r, r) + v), k their posterior covariance; the next image is the
one for which these sum to most, given those that were chosen. An image that is like no other says
little of any other, however unsure the model is of it.
"""

import numpy as np
from numpy.typing import NDArray

from workbench.core.texts import gettext_noop

from ..base import Pool, Reads

#: Images whose variance is to become less, at most: a random sample of the candidates.
_LESSENED = 1_000
#: Images chosen, at most: each takes longer than the one before, and after so many ratings a
#: refresh has long chosen others.
_CHOSEN = 512


class Reduction:
    """Greedy, exact for the last layer; the stimuli not chosen follow by their posterior sd."""

    name = "reduction"
    label = gettext_noop("Images that tell most about all others (variance reduction)")
    version = "1"
    citation = (
        "Cohn, Ghahramani and Jordan, Active learning with statistical models, JAIR 4 (1996); "
        "greedy and on a pool: Yu, Bi and Tresp, Active learning via transductive experimental "
        "design, ICML 2006, section 4"
    )
    reads = Reads.COVARIANCE

    def choose(self, pool: Pool, count: int, seed: int) -> NDArray[np.intp]:
        by_key = pool.order_of_keys
        rng = np.random.default_rng(seed)
        found = reduction(pool.features[by_key], count, pool.rating_variance, rng)
        return pool.candidates[by_key][found]

    def order(self, pool: Pool, seed: int) -> NDArray[np.float64]:
        return pool.posterior_sd


STRATEGY = Reduction()


def reduction(
    features: NDArray[np.floating], count: int, variance: float, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Indices of `count` rows of (M, F) `features`, in the order of choice; all if there are fewer,
    and 512 at most.

    Inner products of rows are covariances; `variance` is a rating's own. Ties are broken by `rng`.
    """
    total = len(features)
    order = rng.permutation(total)  # argmax takes the first of equals
    points = features[order].astype(np.float64)
    lessened = points[:_LESSENED]
    left = np.einsum("ij,ij->i", points, points)  # k(r, r) after what was chosen
    known = np.empty((min(count, total, _CHOSEN), total))
    # A rating without error would be of infinite worth where nothing is left to be known.
    floor = max(variance, 1e-6 * float(left.max(initial=0)), 1e-12)
    # Σ k(j, r)² of images j and candidates r, without the matrix of k(j, r).
    gain = np.einsum("ri,ij,rj->r", points, lessened.T @ lessened, points, optimize=True)
    chosen, free = np.empty(len(known), np.intp), np.ones(total, np.bool_)
    for step in range(len(known)):
        row = int(np.where(free, gain / (left + floor), -1).argmax())
        chosen[step], free[row] = row, False
        before = known[:step]
        column = points @ points[row] - before[:, row] @ before
        known[step] = column / (max(column[row], 0) + floor) ** 0.5
        mine, all_ = known[step, : len(lessened)], known[step]
        shared = points @ (mine @ lessened) - (before[:, : len(mine)] @ mine) @ before
        gain = np.maximum(gain + all_**2 * (mine @ mine) - 2 * all_ * shared, 0)
        left = np.maximum(left - all_**2, 0)
    return order[chosen]
