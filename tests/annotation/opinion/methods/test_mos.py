"""The mean opinion score against sums by hand and scipy."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from annotation.opinion.methods import Estimates, ScaleLimits

from .panel import ACR5, estimated, votes


def mos(
    scores: Any, groups: Any, size: int, weights: Any = None, scale: ScaleLimits = ACR5
) -> Estimates:
    """Each vote by a subject of its own."""
    subjects = range(len(scores))
    panel = votes(
        scores,
        groups,
        subjects,
        weight=weights,
        stimuli=size,
        subjects=len(scores),
        scale=scale,
    )
    return estimated("mos", panel)


def test_mos_sd_n_and_interval_of_one_stimulus_by_hand() -> None:
    # 2, 4, 4, 5, 5: mean 20/5 = 4; squares 4+0+0+1+1 = 6, sd √(6/4) = 1.224745;
    result = mos([2, 4, 4, 5, 5], [0] * 5, 1)
    assert result.value == pytest.approx([4.0])
    assert result.sd == pytest.approx([1.224745], abs=1e-6)
    assert result.standard_error == pytest.approx([0.547723], abs=1e-6)
    assert result.n.tolist() == [5]
    # The scatter v(μ) = c + s(μ − 1)(5 − μ) by least squares through the image itself (room
    # 3 + 1.5/5 and variance 1.5 with 4 degrees) and an even scatter (rooms 4 and 2, variances 4/3
    # and 2/3 with 1 each): centre (3.2, 1.33333), s = 0.866667 / 2.12 = 0.408805, c = 0.025157. At
    # (5·4 + 3)/6 = 3.83333 v is 1.376486, so f = (20 + 6/1.376486) / 24 = 1.014955. With
    # q = 1.959964 and k = 5 (4 − μ)² = q²f/k · v(μ) has the roots 2.864701 and 4.651852.
    assert result.low == pytest.approx([2.864701], abs=1e-5)
    assert result.high == pytest.approx([4.651852], abs=1e-5)


def test_weights_by_hand() -> None:
    # 2, 4, 5 with 1, 1, ½: mean (2 + 4 + 2.5) / 2.5 = 3.4; Σw² = 2.25; squares
    # 1.96 + 0.36 + ½ · 2.56 = 3.6, over 2.5 − 2.25/2.5 = 1.6: variance 2.25, sd 1.5. Effective
    # 2.5² / 2.25 = 2.7778 scores: standard error 1.5 / √2.7778 = 0.9.
    result = mos([2, 4, 5], [0] * 3, 1, [1, 1, 0.5])
    assert result.value == pytest.approx([3.4])
    assert result.sd == pytest.approx([1.5])
    assert result.n.tolist() == [3]
    assert result.standard_error == pytest.approx([0.9])


def test_equal_weights_are_none() -> None:
    scores, groups = [2, 4, 4, 5, 1], [0, 0, 0, 0, 1]
    plain = mos(scores, groups, 2)
    weighed = mos(scores, groups, 2, [3] * 5)
    for name in ("value", "sd", "n", "low", "high"):
        np.testing.assert_allclose(getattr(plain, name), getattr(weighed, name))


def test_groups_are_kept_apart_and_may_come_in_any_order() -> None:
    result = mos([1, 4, 3, 5], [2, 0, 2, 0], 3)
    assert result.value[[0, 2]].tolist() == [4.5, 2.0]
    assert result.n.tolist() == [2, 0, 2]
    assert np.isnan(result.value[1])


def test_one_score_has_a_mean_but_no_spread() -> None:
    result = mos([3], [0], 1)
    assert result.value[0] == 3
    assert np.isnan(result.sd[0])


def test_the_error_of_a_single_score_is_that_of_the_others() -> None:
    # 45 images of two votes that differ by 2 (variance 2) at all heights, and a single 3.
    scores, groups = [1, 3, 2, 4, 3, 5] * 15 + [3], [*np.repeat(range(45), 2), 45]
    result = mos(scores, groups, 46)
    assert result.standard_error[:45] == pytest.approx([1.0] * 45)
    assert result.standard_error[45] == pytest.approx(2**0.5, rel=0.05)


def test_nothing_rated_gives_empty_counts() -> None:
    assert mos([], [], 2).n.tolist() == [0, 0]


@pytest.mark.parametrize(("number", "within"), [(15, 0.11), (101, 0.02), (5001, 0.001)])
def test_the_interval_of_many_votes_is_that_of_scipy(number: int, within: float) -> None:
    scores = np.resize([1, 3, 4, 5, 2], number)
    low, high = stats.t.interval(0.95, number - 1, loc=scores.mean(), scale=stats.sem(scores))
    result = mos(scores, [0] * number, 1)
    assert (result.low[0], result.high[0]) == pytest.approx((low, high), abs=within)


def test_large_offsets_do_not_lose_the_spread() -> None:
    result = mos([1e8 + 1, 1e8 + 3], [0, 0], 1, scale=ScaleLimits(1e8, 1e8 + 10, 11))
    assert result.sd[0] == pytest.approx(2**0.5)
