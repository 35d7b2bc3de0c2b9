import numpy as np
import pytest
from scipy import stats

from annotation.opinion.scores import opinion_scores, student_t_975


def test_mos_sd_n_and_interval_of_one_stimulus_by_hand() -> None:
    # 2, 4, 4, 5, 5: mean 20/5 = 4; squares 4+0+0+1+1 = 6, sd √(6/4) = 1.224745;
    # t(4) = 2.7764, so the half-width is 2.7764 × 1.224745 / √5 = 1.52070.
    result = opinion_scores([2, 4, 4, 5, 5], [0] * 5, 1)
    assert result.mean == pytest.approx([4.0])
    assert result.sd == pytest.approx([1.224745], abs=1e-6)
    assert result.n.tolist() == [5]
    assert result.ci95 == pytest.approx([1.52070], abs=1e-4)


def test_weights_by_hand() -> None:
    # 2, 4, 5 with 1, 1, ½: mean (2 + 4 + 2.5) / 2.5 = 3.4; Σw² = 2.25; squares
    # 1.96 + 0.36 + ½ · 2.56 = 3.6, over 2.5 − 2.25/2.5 = 1.6: variance 2.25, sd 1.5. Effective
    # 2.5² / 2.25 = 2.78 scores, so t(1) = 12.7062: 12.7062 · 1.5 / √2.7778 = 11.4356.
    result = opinion_scores([2, 4, 5], [0] * 3, 1, [1, 1, 0.5])
    assert result.mean == pytest.approx([3.4])
    assert result.sd == pytest.approx([1.5])
    assert result.n.tolist() == [3]
    assert result.ci95 == pytest.approx([11.4356], abs=1e-4)


def test_equal_weights_are_none() -> None:
    scores, groups = [2, 4, 4, 5, 1], [0, 0, 0, 0, 1]
    plain = opinion_scores(scores, groups, 2)
    weighed = opinion_scores(scores, groups, 2, [3] * 5)
    for name in ("mean", "sd", "n", "ci95"):
        np.testing.assert_allclose(getattr(plain, name), getattr(weighed, name))


def test_groups_are_kept_apart_and_may_come_in_any_order() -> None:
    result = opinion_scores([1, 10, 3, 20], [2, 0, 2, 0], 3)
    assert result.mean[[0, 2]].tolist() == [15.0, 2.0]
    assert result.n.tolist() == [2, 0, 2]
    assert np.isnan(result.mean[1])


def test_one_score_has_a_mean_but_no_spread() -> None:
    result = opinion_scores([3], [0], 1)
    assert result.mean[0] == 3
    assert np.isnan(result.sd[0])
    assert np.isnan(result.ci95[0])


def test_nothing_rated_gives_empty_counts() -> None:
    assert opinion_scores([], [], 2).n.tolist() == [0, 0]


@pytest.mark.parametrize("degrees", [1, 2, 5, 10, 11, 14, 29, 100, 5000])
def test_t_quantile_agrees_with_scipy(degrees: int) -> None:
    assert student_t_975(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), abs=2e-4)


def test_large_offsets_do_not_lose_the_spread() -> None:
    result = opinion_scores([1e8 + 1, 1e8 + 3], [0, 0], 1)
    assert result.sd[0] == pytest.approx(2**0.5)


@pytest.mark.parametrize(
    ("scores", "groups", "message"),
    [
        ([1, 2], [0], "one group per score"),
        ([1, float("nan")], [0, 0], "score 1 is not a finite"),
        ([1], [1], "outside 0…0"),
    ],
)
def test_wrong_input_is_named(scores: list[float], groups: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        opinion_scores(scores, groups, 1)


@pytest.mark.parametrize(
    ("weights", "message"),
    [([1], "one per score"), ([1, 0], "above 0"), ([1, float("inf")], "above 0")],
)
def test_wrong_weights_are_named(weights: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        opinion_scores([1, 2], [0, 0], 1, weights)
