"""What every acquisition strategy must do, whichever it is."""

import re

import numpy as np
import pytest

from modelops.acquisition import STRATEGIES
from modelops.acquisition.base import Pool, Strategy
from modelops.acquisition.ranks import CANDIDATES_PER_CHOICE, clipped, draw_candidates, rank
from tests.modelops.acquisition.pools import make_pool, shuffled
from workbench.core.registry import UnknownEntryError


@pytest.fixture(params=list(STRATEGIES))
def strategy(request: pytest.FixtureRequest) -> Strategy:
    return STRATEGIES[request.param]


def keys_of(pool: Pool, rows: np.ndarray) -> list[int]:
    found: list[int] = pool.stimuli[rows].tolist()
    return found


def test_it_says_what_it_is(strategy: Strategy) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9-]{0,39}", strategy.name)
    assert re.fullmatch(r"[0-9][0-9.]{0,19}", strategy.version)
    assert re.search(r"\b(19|20)\d\d\b", strategy.citation)
    assert strategy.label
    assert STRATEGIES[strategy.name] is strategy


def test_as_many_candidates_are_chosen_as_are_asked_for_each_once(strategy: Strategy) -> None:
    pool = make_pool(40, candidates=25)
    chosen = strategy.choose(pool, 10, seed=1)
    assert len(set(chosen.tolist())) == 10
    assert set(chosen.tolist()) <= set(pool.candidates.tolist())
    assert strategy.order(pool, seed=1).shape == (40,)


def test_all_candidates_are_chosen_if_there_are_fewer(strategy: Strategy) -> None:
    pool = make_pool(9, candidates=4)
    assert sorted(strategy.choose(pool, 10, seed=1)) == [0, 1, 2, 3]


@pytest.mark.parametrize(("count", "candidates"), [(0, 0), (3, 0), (1, 1)])
def test_an_empty_pool_and_one_of_a_single_stimulus_are_ranked(
    strategy: Strategy, count: int, candidates: int
) -> None:
    ranking = rank(strategy, make_pool(count, candidates=candidates), 5, seed=1)
    assert ranking.priorities.shape == (count,)
    assert len(ranking.chosen) == candidates


def test_the_same_pool_and_seed_give_the_same_ranking(strategy: Strategy) -> None:
    pool = make_pool(60)
    first, second = (rank(strategy, pool, 9, seed=4) for _ in range(2))
    assert first.chosen.tolist() == second.chosen.tolist()
    assert first.priorities.tolist() == second.priorities.tolist()


@pytest.mark.parametrize("seed", range(3))
def test_the_order_in_which_stimuli_are_listed_changes_nothing(
    strategy: Strategy, seed: int
) -> None:
    pool = make_pool(50, candidates=30)
    other = shuffled(pool, seed)
    one, two = rank(strategy, pool, 12, seed=7), rank(strategy, other, 12, seed=7)
    assert keys_of(pool, one.chosen) == keys_of(other, two.chosen)
    by_key = dict(zip(keys_of(pool, np.arange(50)), one.priorities.tolist(), strict=True))
    assert by_key == dict(zip(keys_of(other, np.arange(50)), two.priorities.tolist(), strict=True))


def test_equal_stimuli_are_ranked_too(strategy: Strategy) -> None:
    pool = make_pool(8)
    same = Pool(pool.stimuli, np.ones(8), pool.candidates, np.ones((8, 2)))
    assert len(set(strategy.choose(same, 8, seed=3).tolist())) == 8


def test_chosen_lie_above_all_others_in_the_order_of_their_choice(strategy: Strategy) -> None:
    pool = make_pool(30, candidates=20)
    ranking = rank(strategy, pool, 5, seed=2)
    assert (-ranking.priorities).argsort()[:5].tolist() == ranking.chosen.tolist()
    assert (ranking.priorities[ranking.chosen] > 1).all()
    rest = np.setdiff1d(np.arange(30), ranking.chosen)
    assert ((ranking.priorities[rest] >= 0) & (ranking.priorities[rest] <= 1)).all()
    assert (rest[ranking.priorities[rest].argsort()] == sorted_by(strategy, pool, rest)).all()


def sorted_by(strategy: Strategy, pool: Pool, rows: np.ndarray) -> np.ndarray:
    clip = Pool(pool.stimuli, clipped(pool.posterior_sd), pool.candidates, pool.features)
    return np.array(sorted(rows, key=lambda row: strategy.order(clip, 2)[row]))


def test_what_is_rated_keeps_the_choice_reproducible(strategy: Strategy) -> None:
    pool = make_pool(60)
    rated = np.random.default_rng(8).normal(size=(15, pool.features.shape[1]))
    known = Pool(pool.stimuli, pool.posterior_sd, pool.candidates, pool.features, rated)
    first, second = (strategy.choose(known, 20, seed=4).tolist() for _ in range(2))
    assert first == second
    assert len(set(first)) == 20


def test_odd_candidates_are_chosen_only_if_there_are_too_few_others(strategy: Strategy) -> None:
    pool = make_pool(30, candidates=20)
    odd = np.arange(20) % 4 == 0
    marked = Pool(
        pool.stimuli, pool.posterior_sd, pool.candidates, pool.features * (1 + 9 * odd[:, None]),
        None, odd,
    )  # fmt: skip
    found = rank(strategy, marked, 12, seed=1)
    assert not set(found.chosen.tolist()) & set(found.odd.tolist())
    assert found.odd.tolist() == pool.candidates[odd].tolist()
    # None of them is the first of what follows, nor the last of all.
    rest = np.setdiff1d(np.arange(30), found.chosen)
    best = rest[(-found.priorities[rest]).argsort()]
    assert not {best[0], best[-1]} & set(found.odd.tolist())
    assert set(rank(strategy, marked, 18, seed=1).chosen.tolist()) > set(
        np.flatnonzero(~odd).tolist()
    )


def test_what_a_pool_cannot_be_is_named() -> None:
    pool = make_pool(4)
    sd, features = pool.posterior_sd.copy(), pool.features.copy()
    sd[2], features[1] = np.nan, np.inf
    with pytest.raises(ValueError, match=f"posterior sd of stimulus {pool.stimuli[2]}"):
        Pool(pool.stimuli, sd, pool.candidates, pool.features)
    with pytest.raises(ValueError, match=f"a feature of stimulus {pool.stimuli[1]}"):
        Pool(pool.stimuli, pool.posterior_sd, pool.candidates, features)
    with pytest.raises(ValueError, match=r"\(candidates, features\)"):
        Pool(pool.stimuli, pool.posterior_sd, pool.candidates, features[:2])
    with pytest.raises(ValueError, match="a rated stimulus is not a number"):
        Pool(pool.stimuli, np.ones(4), pool.candidates, pool.features, features)
    with pytest.raises(ValueError, match=r"it must be \(rated, 6\)"):
        Pool(pool.stimuli, np.ones(4), pool.candidates, pool.features, np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"must be \(stimuli,\)"):
        Pool(pool.stimuli, sd[:3], pool.candidates, pool.features)


def test_an_unknown_name_is_refused_naming_the_known_ones() -> None:
    with pytest.raises(UnknownEntryError, match="acquisition strategy 'best'; there are reduction"):
        STRATEGIES["best"]


def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match="'lcmd' is the name of another acquisition strategy"):
        STRATEGIES.register(STRATEGIES["lcmd"])


def test_of_a_large_pool_few_are_looked_at_reproducibly() -> None:
    eligible, sd = np.arange(400) % 2 == 0, np.linspace(0.1, 0.4, 400)
    drawn = draw_candidates(eligible, sd, count=6, seed=1)
    assert len(set(drawn)) == 6 * CANDIDATES_PER_CHOICE
    assert eligible[drawn].all()
    assert (drawn == draw_candidates(eligible, sd, count=6, seed=1)).all()
    # Never more than half of what is left, unless as many are to be chosen.
    assert len(draw_candidates(eligible, sd, count=40, seed=1)) == 100
    assert len(draw_candidates(eligible, sd, count=150, seed=1)) == 150
    everything = draw_candidates(eligible, sd, count=300, seed=1)
    assert everything.tolist() == np.flatnonzero(eligible).tolist()


def test_candidates_are_drawn_by_chance_and_by_uncertainty() -> None:
    # 100 of 1,000 with five times the others' sd: of each 20 drawn for two choices, 10 are drawn
    # anyhow (1 of those 100 on average) and 10 by variance (25 · 100 / (25 · 100 + 900) = 74 %).
    sd = np.where(np.arange(1000) < 100, 0.2, 0.04) * np.random.default_rng(0).uniform(
        0.99, 1.01, 1000
    )
    with_clip = clipped(sd)
    share = with_clip[:100] @ with_clip[:100] / (with_clip @ with_clip)
    drawn = [draw_candidates(np.ones(1000, bool), sd, 2, seed) for seed in range(300)]
    mean = np.mean([(rows < 100).sum() for rows in drawn])
    assert mean == pytest.approx(1 + 10 * share, abs=0.35)


def test_a_few_extreme_deviations_count_as_much_as_the_largest_usual_one() -> None:
    sd = np.array([*np.linspace(0.1, 0.2, 99), 50.0])
    assert clipped(sd)[-1] < 0.4
    assert (clipped(sd)[:99] == sd[:99]).mean() > 0.9
    assert clipped(np.zeros(3)).tolist() == [0, 0, 0]
