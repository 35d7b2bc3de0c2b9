"""Squared distances between many points, in batches: one matrix product for each."""

import numpy as np
from numpy.typing import NDArray

#: Points whose distances to all centres are in memory at once.
_BATCH = 1024


def lengths(points: NDArray[np.floating]) -> NDArray[np.floating]:
    """(M,): squared."""
    found: NDArray[np.floating] = np.einsum("ij,ij->i", points, points)
    return found


def nearest(
    points: NDArray[np.floating], centres: NDArray[np.floating]
) -> tuple[NDArray[np.intp], NDArray[np.floating]]:
    """For each of (M, F) `points` the nearest of (K, F) `centres`, K at least 1: its place, and the
    squared distance."""
    place = np.empty(len(points), np.intp)
    distance = np.empty(len(points), points.dtype)
    squares = lengths(centres)
    for start in range(0, len(points), _BATCH):
        rows = points[start : start + _BATCH]
        # Without the point's own length, which changes nothing about which is nearest.
        partial = squares - 2 * (rows @ centres.T)
        found = partial.argmin(axis=1)
        place[start : start + _BATCH] = found
        distance[start : start + _BATCH] = partial[np.arange(len(rows)), found] + lengths(rows)
    # Rounding must not make a distance negative.
    return place, np.maximum(distance, 0)


class Distances:
    """Of (M, F) points to one of them at a time."""

    def __init__(self, points: NDArray[np.floating]) -> None:
        self.points = points
        self.squares = lengths(points)

    def to(self, row: int) -> NDArray[np.floating]:
        """(M,) squared distances."""
        # The brackets matter: 2 * points would be a copy of them all.
        product = self.points @ self.points[row]
        found: NDArray[np.floating] = np.maximum(
            self.squares + (self.squares[row] - 2 * product), 0
        )
        return found
