"""Core-set and TypiClust on small cases, and the images that look like nothing else."""

import numpy as np
import pytest

from modelops.acquisition.odd import odd_ones
from modelops.acquisition.strategies.coreset import coreset
from modelops.acquisition.strategies.typiclust import typiclust


def groups(sizes: list[int], seed: int = 0, width: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Groups of points far from each other, and each point's group."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), sizes)
    return rng.normal(0, 20, (len(sizes), width))[group] + rng.normal(
        0, 1, (len(group), width)
    ), group


def test_a_cover_begins_in_the_middle_and_goes_to_the_farthest() -> None:
    points = np.array([[0.0], [5.0], [6.0], [9.0], [10.0]])  # mean 6
    rng = np.random.default_rng
    assert coreset(points, 3, rng(0)).tolist() == [2, 0, 4]
    assert coreset(points, 2, rng(0), np.array([[10.0]])).tolist()[0] == 0
    assert coreset(np.empty((0, 2)), 2, rng(0)).size == 0


def test_the_first_typical_images_are_of_the_largest_kinds() -> None:
    points, group = groups([40, 30, 20])
    chosen = typiclust(points, 3, seed=0)
    assert sorted(group[chosen]) == [0, 1, 2]
    # Each lies nearer to its kind's middle than most.
    for row in chosen:
        own = points[group == group[row]]
        away = np.linalg.norm(own - own.mean(axis=0), axis=1)
        assert np.linalg.norm(points[row] - own.mean(axis=0)) <= np.median(away)


def test_kinds_of_which_something_is_rated_come_later() -> None:
    points, group = groups([40, 30, 20], seed=1)
    rated = points[group == 0][:1] + 0.1
    assert 0 not in group[typiclust(points, 2, seed=0, rated=rated)]


@pytest.mark.parametrize("seed", range(3))
def test_what_looks_like_nothing_else_is_odd(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(600, 40))
    rows = rng.permutation(600)[:48]
    points[rows] = points[rng.integers(0, 600, 48)] * rng.uniform(2, 3, (48, 1))
    found = odd_ones(points, seed=0)
    assert found[rows].mean() > 0.7
    assert np.delete(found, rows).mean() < 0.02


def test_a_rare_kind_is_not_odd_if_its_images_look_like_each_other() -> None:
    points, group = groups([500, 400, 60], width=16)
    found = odd_ones(points, seed=0)
    assert found[group == 2].mean() < 0.1
    assert found.mean() < 0.02


@pytest.mark.parametrize("points", [np.ones((100, 3)), np.empty((0, 3)), np.eye(20)])
def test_nothing_is_odd_among_equal_or_few_images(points: np.ndarray) -> None:
    assert not odd_ones(points, seed=0).any()
