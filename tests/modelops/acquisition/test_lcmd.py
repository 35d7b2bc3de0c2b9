import numpy as np
import pytest
from numpy.typing import NDArray

from modelops.acquisition.sketch import SKETCH_DIMENSIONS, projection
from modelops.acquisition.strategies.lcmd import lcmd

Array = NDArray[np.float64]


def by_definition(points: Array, count: int) -> list[int]:
    """LCMD as the paper words it, without any of the incremental book-keeping."""
    chosen = [max(range(len(points)), key=lambda i: float(points[i] @ points[i]))]
    while len(chosen) < count:
        clusters: dict[int, list[int]] = {centre: [] for centre in chosen}
        for i in range(len(points)):
            nearest = min(chosen, key=lambda c: float(np.sum((points[i] - points[c]) ** 2)))
            clusters[nearest].append(i)

        def spread(centre: int, members: dict[int, list[int]] = clusters) -> float:
            return sum(float(np.sum((points[i] - points[centre]) ** 2)) for i in members[centre])

        largest = max(chosen, key=spread)
        chosen.append(
            max(
                clusters[largest],
                key=lambda i: float(np.sum((points[i] - points[largest]) ** 2)),
            )
        )
    return chosen


def test_hand_made_clusters_are_visited_by_their_spread() -> None:
    # Longest: 10. Everything is then nearest to 10; farthest is 0 (distance 10).
    # Clusters: {10, 9} spread 1; {0, 1, 4} spread 1 + 16 = 17: its farthest is 4.
    # Then {10, 9}: 1, {0, 1}: 1, {4}: 0; the tie of 9 and 1 is the generator's.
    points = np.array([[0.0], [1.0], [4.0], [9.0], [10.0]])
    order = lcmd(points, 5, np.random.default_rng(0)).tolist()
    assert order[:3] == [4, 0, 2]
    assert set(order[3:]) == {1, 3}


@pytest.mark.parametrize("seed", range(5))
def test_choice_equals_the_definition(seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(40, 6))
    assert lcmd(points, 15, np.random.default_rng(0)).tolist() == by_definition(points, 15)


def test_a_dense_uncertain_cluster_does_not_take_every_place() -> None:
    rng = np.random.default_rng(0)
    crowd = np.array([10.0, 0.0]) + rng.normal(0, 0.01, (50, 2))
    spread = rng.uniform(-5, 5, (10, 2))
    chosen = lcmd(np.vstack([crowd, spread]), 8, rng)
    assert (chosen < 50).sum() <= 2


def test_all_are_ranked_if_there_are_fewer_than_asked_for() -> None:
    points = np.random.default_rng(0).normal(size=(4, 3))
    assert sorted(lcmd(points, 9, np.random.default_rng(0))) == [0, 1, 2, 3]


def test_identical_points_are_each_chosen_once() -> None:
    assert sorted(lcmd(np.ones((5, 2)), 5, np.random.default_rng(3))) == [0, 1, 2, 3, 4]


def test_no_candidates_give_no_choice() -> None:
    assert lcmd(np.empty((0, 3)), 4, np.random.default_rng(0)).size == 0


def test_the_sketch_keeps_distances() -> None:
    points = np.random.default_rng(1).normal(size=(20, 4000))
    narrow = projection(4000, seed=0)
    assert narrow is not None
    assert narrow.shape == (4000, SKETCH_DIMENSIONS)
    before, after = (
        [np.sum((it[i] - it[0]) ** 2) for i in range(1, 20)] for it in (points, points @ narrow)
    )
    # ±√(2/128) = 12.5 % each.
    assert after == pytest.approx(before, rel=0.5)
    assert np.mean(np.divide(after, before)) == pytest.approx(1, abs=0.15)
    assert projection(SKETCH_DIMENSIONS, seed=0) is None
