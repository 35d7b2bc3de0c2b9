"""What a rater's next image is for."""

from collections import Counter

import pytest

from annotation.protocol.draw import Draw
from annotation.protocol.goal import Goal, Next, Shares, next_rating


@pytest.mark.parametrize(
    ("teaching", "goal"), [(1.0, Goal.TEACH), (0.0, Goal.PUBLISH), (0.3, Goal.BOTH)]
)
def test_the_goal_is_what_draws_by_priority_are_for(teaching: float, goal: Goal) -> None:
    assert Shares(0.2, 0.12, teaching).goal is goal


def test_shares_of_all_trials_add_up() -> None:
    found = Shares(0.2, 0.125, 0.5).of_all
    # Of the .8 from the pool .1 are audits; the other .7 are halved.
    assert found == pytest.approx({"new": 0.35, "more": 0.35, "audit": 0.1, "holdout": 0.2})


def test_over_many_trials_the_shares_are_met() -> None:
    shares = Shares(0.2, 0.125, 0.25)
    counts = Counter(next_rating(1, position, shares) for position in range(10_000))
    # Binomial standard deviations of 10,000 draws are at most 50.
    assert abs(counts[Next(Draw.HOLDOUT)] - 2000) < 4 * 50
    assert abs(counts[Next(Draw.AUDIT)] - 1000) < 4 * 50
    assert abs(counts[Next(Draw.PRIORITY, spread=True)] - 1750) < 4 * 50
    assert abs(counts[Next(Draw.PRIORITY)] - 5250) < 4 * 50


@pytest.mark.parametrize(("teaching", "spread"), [(1.0, True), (0.0, False)])
def test_a_share_of_all_or_nothing_leaves_nothing_to_chance(teaching: float, spread: bool) -> None:
    found = {next_rating(seed, 3, Shares(0.0, 0.0, teaching)) for seed in range(100)}
    assert found == {Next(Draw.PRIORITY, spread)}
