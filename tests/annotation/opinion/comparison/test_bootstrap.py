"""Draws of whole prompts; scipy on rows that are really copied is the peer."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from annotation.opinion.comparison.bootstrap import ClusterDraws, pearson_draws, spearman_draws
from annotation.opinion.comparison.pairs import kendall_draws, pairs_of

PROMPT = np.array([7, 7, 7, 2, 2, 5, 5, 5, 5, 9, 9, 9])
X = np.array([1.0, 2, 2, 3, 5, 4, 4, 6, 1, 7, 8, 3])
Y = np.array([2.0, 1, 2, 4, 4, 3, 5, 6, 2, 6, 9, 1])


def _copied(draws: ClusterDraws) -> list[np.ndarray]:
    """The images of each draw, as often as they were drawn."""
    counts = np.concatenate(list(draws.counts())).astype(int)
    return [np.repeat(np.arange(PROMPT.size), row[draws.cluster]) for row in counts]


def test_each_draw_has_scipys_correlations_of_the_copied_rows() -> None:
    draws = ClusterDraws(PROMPT, 40, seed=3)
    found = (
        pearson_draws(draws, X, Y),
        spearman_draws(draws, X, Y),
        kendall_draws(draws, X, Y, pairs_of(X.size, 1000, 0)),
    )
    for place, rows in enumerate(_copied(draws)):
        peers: tuple[Any, ...] = (stats.pearsonr, stats.spearmanr, stats.kendalltau)
        for own, peer in zip(found, peers, strict=True):
            assert own[place] == pytest.approx(peer(X[rows], Y[rows]).statistic)


def test_a_draw_takes_as_many_prompts_as_there_are() -> None:
    counts = np.concatenate(list(ClusterDraws(PROMPT, 500, seed=1).counts(width=2**22)))
    assert counts.shape == (500, 4)
    assert (counts.sum(axis=1) == 4).all()
    # Each prompt is expected once per draw, with variance 3/4.
    assert counts.mean(axis=0) == pytest.approx([1] * 4, abs=0.15)
    assert counts.var(axis=0) == pytest.approx([0.75] * 4, abs=0.15)


def test_draws_are_the_same_again_and_others_with_another_seed() -> None:
    draws = ClusterDraws(PROMPT, 20, seed=1)
    assert (spearman_draws(draws, X, Y) == spearman_draws(draws, X, Y)).all()
    assert (spearman_draws(draws, X, Y) != spearman_draws(ClusterDraws(PROMPT, 20, 2), X, Y)).any()


@pytest.mark.parametrize(("prompts", "given"), [(1, False), (2, False), (3, False), (4, True)])
def test_fewer_than_four_prompts_give_no_interval(prompts: int, given: bool) -> None:
    draws = ClusterDraws(np.arange(8) % prompts, 20)
    found = draws.interval(0.5, np.linspace(0, 1, 20))
    assert found.value == 0.5
    assert (found.low is not None, found.high is not None) == (given, given)


def test_a_measure_that_most_draws_lack_has_no_interval() -> None:
    draws = ClusterDraws(PROMPT, 20)
    found = draws.interval(0.5, np.where(np.arange(20) < 3, np.nan, 0.4))
    assert (found.low, found.high) == (None, None)


def test_the_interval_of_a_rank_correlation_covers() -> None:
    # Prompts share half of the scores' variance and half of the errors'.
    def world(random: np.random.Generator, prompts: int) -> tuple[np.ndarray, ...]:
        prompt = np.repeat(np.arange(prompts), 4)
        shared = random.normal(size=(2, prompts))[:, prompt]
        true, error = (shared + random.normal(size=shared.shape)) / np.sqrt(2)
        return prompt, true, true + 0.75 * error

    random = np.random.default_rng(4)
    _, x, y = world(random, 20_000)
    truth = stats.spearmanr(x, y).statistic
    covered = 0
    for seed in range(150):
        prompt, x, y = world(random, 40)
        draws = ClusterDraws(prompt, 200, seed)
        found = draws.interval(0, spearman_draws(draws, x, y))
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= truth <= found.high
    # 95 % of 150 is 142.5, with a standard deviation of 2.7.
    assert 135 <= covered <= 149
