"""The default strategy in small simulated worlds: nowhere does it teach a model less than random
images do."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.demo_world import demo
from benchmarks.learning import TOLERANCE, Size, compared, lines, measure, worlds
from benchmarks.learning_curves import Plan, curve, reached
from benchmarks.learning_worlds import SIMULATED
from modelops.acquisition import DEFAULT_STRATEGY

#: Small: seconds in all.
PLAN = Plan(first=60, between=60, ratings=360)
SEEDS = 8


@pytest.mark.parametrize("name", list(SIMULATED))
def test_the_default_falls_behind_random_images_in_no_world(name: str) -> None:
    differences = []
    for seed in range(SEEDS):
        ways = [
            curve(SIMULATED[name](700, 40, seed), replace(PLAN, strategy=strategy), seed)
            for strategy in (DEFAULT_STRATEGY, "random")
        ]
        default, chance = (np.array([value for _ratings, value in way]) for way in ways)
        assert default[0] == chance[0]  # both begin with the same images
        differences.append(default[1:] - chance[1:])
    # Over the models after the first, each at the same number of ratings: of one model alone the
    # difference has a standard error of .012 with so few seeds.
    assert np.mean(differences) > -TOLERANCE
    if name == "odd":
        assert np.mean(differences) > 0


def test_ways_are_compared_with_random_images() -> None:
    size = Size(seeds=2, images=200, width=8, plan=Plan(first=30, between=30, ratings=90))
    simulated = {name: make for name, make in worlds(size).items() if name == "even"}
    rows = compared(measure(size, simulated, lambda _line: None))
    assert [row["difference"] for row in rows if row["strategy"] == "random"] == [0, 0]
    assert rows[0]["ratio"] == 1 or rows[0]["never"] == 2
    assert len(lines(rows)) == len(rows) + 2


def test_the_ratings_until_enough_is_known_lie_between_two_models() -> None:
    assert reached([(60, 0.5), (120, 0.7), (180, 0.8)], 0.75) == pytest.approx(150)
    assert reached([(60, 0.5)], 0.4) == 60
    assert reached([(60, 0.5)], 0.9) == float("inf")


def test_the_demos_world_is_embedded_by_the_product_and_rated_by_its_people() -> None:
    world = demo(8, 3)
    assert world.looks.shape == (8, 160)
    assert np.ptp(world.looks, axis=0).max() > 0.1  # pictures look different
    rows = np.zeros(400, np.intp)
    rated = world.rate(rows, np.random.default_rng(1))
    assert set(rated * 4) <= {0.0, 1.0, 2.0, 3.0, 4.0}
    # People's biases are 7 %, and some use less of the scale.
    assert rated.mean() == pytest.approx(world.truth[0], abs=0.12)
    assert world.mean_of_all()[0] == pytest.approx(rated.mean(), abs=0.03)
    # Two prompts of four pictures: a whole one is held out, or none.
    assert world.held_out.sum() in (0, 4)
