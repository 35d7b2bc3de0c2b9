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


def half_width(found: Estimates) -> Any:
    return (found.high - found.low) / 2


def test_mos_sd_n_and_interval_of_one_stimulus_by_hand() -> None:
    # 2, 4, 4, 5, 5: mean 20/5 = 4; squares 4+0+0+1+1 = 6, sd √(6/4) = 1.224745;
    # t(4) = 2.7764, so the half-width is 2.7764 × 1.224745 / √5 = 1.52070.
    result = mos([2, 4, 4, 5, 5], [0] * 5, 1)
    assert result.value == pytest.approx([4.0])
    assert result.sd == pytest.approx([1.224745], abs=1e-6)
    assert result.standard_error == pytest.approx([0.547723], abs=1e-6)
    assert result.n.tolist() == [5]
    assert half_width(result) == pytest.approx([1.52070], abs=1e-4)


def test_weights_by_hand() -> None:
    # 2, 4, 5 with 1, 1, ½: mean (2 + 4 + 2.5) / 2.5 = 3.4; Σw² = 2.25; squares
    # 1.96 + 0.36 + ½ · 2.56 = 3.6, over 2.5 − 2.25/2.5 = 1.6: variance 2.25, sd 1.5. Effective
    # 2.5² / 2.25 = 2.78 scores, so t(1) = 12.7062: 12.7062 · 1.5 / √2.7778 = 11.4356.
    result = mos([2, 4, 5], [0] * 3, 1, [1, 1, 0.5])
    assert result.value == pytest.approx([3.4])
    assert result.sd == pytest.approx([1.5])
    assert result.n.tolist() == [3]
    assert half_width(result) == pytest.approx([11.4356], abs=1e-4)


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
    assert np.isnan(result.low[0])


def test_nothing_rated_gives_empty_counts() -> None:
    assert mos([], [], 2).n.tolist() == [0, 0]


@pytest.mark.parametrize("number", [2, 3, 6, 11, 12, 15, 30, 101, 5001])
def test_the_interval_is_that_of_scipy(number: int) -> None:
    scores = np.resize([1, 3, 4, 5, 2], number)
    low, high = stats.t.interval(0.95, number - 1, loc=scores.mean(), scale=stats.sem(scores))
    result = mos(scores, [0] * number, 1)
    assert (result.low[0], result.high[0]) == pytest.approx((low, high), rel=1e-12)


def test_large_offsets_do_not_lose_the_spread() -> None:
    result = mos([1e8 + 1, 1e8 + 3], [0, 0], 1, scale=ScaleLimits(1e8, 1e8 + 10, 11))
    assert result.sd[0] == pytest.approx(2**0.5)
