"""Variance reduction against plain Gaussian conditioning of all images, one choice at a time."""

import numpy as np
from numpy.typing import NDArray

from modelops.acquisition.strategies.reduction import reduction


def left_after(
    covariance: NDArray[np.float64], rows: list[int], variance: float
) -> NDArray[np.float64]:
    """(M,): variances given one rating of each of `rows` (Rasmussen and Williams, 2.26)."""
    among = covariance[np.ix_(rows, rows)] + variance * np.eye(len(rows))
    cross = covariance[:, rows]
    found: NDArray[np.float64] = np.diag(covariance - cross @ np.linalg.solve(among, cross.T))
    return found


def test_each_choice_lessens_the_sum_of_variances_most() -> None:
    points = np.random.default_rng(3).normal(size=(30, 5)) * [3, 2, 1, 1, 0.3]
    covariance = points @ points.T
    chosen = reduction(points, 6, 0.8, np.random.default_rng(0)).tolist()
    for step, row in enumerate(chosen):
        sums = {
            other: left_after(covariance, [*chosen[:step], other], 0.8).sum()
            for other in range(30)
            if other not in chosen[:step]
        }
        assert min(sums, key=sums.__getitem__) == row


def test_an_image_like_no_other_is_not_sought() -> None:
    """The longest row by far, but of use to itself alone: nine others share a direction."""
    points = np.diag([3.0, *[0.1] * 9])
    points[1:, 1] += 2
    assert reduction(points, 1, 1.0, np.random.default_rng(0))[0] != 0
