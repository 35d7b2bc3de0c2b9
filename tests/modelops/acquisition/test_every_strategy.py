"""What every acquisition strategy must do, whichever it is."""

import re

import numpy as np
import pytest

from modelops.acquisition import STRATEGIES
from modelops.acquisition.base import Pool, Strategy, draw_candidates, rank
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
    return np.array(sorted(rows, key=lambda row: strategy.order(pool, 2)[row]))


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
    with pytest.raises(ValueError, match=r"must be \(stimuli,\)"):
        Pool(pool.stimuli, sd[:3], pool.candidates, pool.features)


def test_an_unknown_name_is_refused_naming_the_known_ones() -> None:
    with pytest.raises(UnknownEntryError, match="no acquisition strategy 'best'; there are lcmd"):
        STRATEGIES["best"]


def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match="'lcmd' is the name of another acquisition strategy"):
        STRATEGIES.register(STRATEGIES["lcmd"])


def test_a_huge_pool_is_sampled_reproducibly() -> None:
    eligible = np.arange(100) % 2 == 0
    drawn = draw_candidates(eligible, seed=1, most=10)
    assert len(set(drawn)) == 10
    assert eligible[drawn].all()
    assert (drawn == draw_candidates(eligible, seed=1, most=10)).all()
    assert draw_candidates(eligible, seed=1).tolist() == np.flatnonzero(eligible).tolist()
