"""What each strategy prefers."""

import numpy as np
import pytest

from modelops.acquisition import Pool, rank
from modelops.acquisition.strategies.epistemic import Epistemic
from modelops.acquisition.strategies.lcmd import Lcmd
from modelops.acquisition.strategies.random import Random


def test_lcmd_chooses_by_clusters_and_orders_the_rest_by_uncertainty() -> None:
    features = np.array([[0.0], [1.0], [4.0], [9.0], [10.0]])
    sd = np.array([0.1, 0.5, 0.3, 0.2, 0.4])
    ranking = rank(Lcmd(), Pool(np.arange(5), sd, np.arange(5), features), 2, seed=0)
    assert ranking.chosen.tolist() == [4, 0]
    assert (-ranking.priorities).argsort().tolist() == [4, 0, 1, 2, 3]


def test_epistemic_takes_the_least_known_first() -> None:
    sd = np.array([0.1, 0.5, 0.3, 0.5])
    pool = Pool(np.array([40, 30, 20, 10]), sd, np.arange(4), np.empty((4, 0)))
    assert Epistemic().choose(pool, 3, seed=0).tolist() == [3, 1, 2]


def test_random_does_not_look_at_the_model() -> None:
    keys = np.arange(100)
    pools = [
        Pool(keys, np.random.default_rng(seed).random(100), keys, np.empty((100, 0)))
        for seed in (1, 2)
    ]
    first, second = (rank(Random(), pool, 20, seed=3) for pool in pools)
    assert first.chosen.tolist() == second.chosen.tolist()
    assert first.priorities.tolist() == second.priorities.tolist()
    assert rank(Random(), pools[0], 20, seed=4).chosen.tolist() != first.chosen.tolist()


@pytest.mark.parametrize("draws", [400])
def test_random_gives_every_stimulus_the_same_chance(draws: int) -> None:
    pool = Pool(np.arange(10), np.ones(10), np.arange(10), np.empty((10, 0)))
    chosen = [row for seed in range(draws) for row in Random().choose(pool, 3, seed)]
    counts = np.bincount(chosen, minlength=10)
    # Each is drawn 120 times on average, with a standard deviation of √(400 · 0.3 · 0.7) = 9.2.
    assert (np.abs(counts - 120) < 5 * 9.2).all()
