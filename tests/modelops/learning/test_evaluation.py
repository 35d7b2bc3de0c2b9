import numpy as np
import pytest

from modelops.learning import evaluation
from modelops.learning.evaluation import (
    Agreement,
    evaluate,
    evaluate_perspectives,
    mean_srcc,
    srcc_interval_by_prompt,
)


def test_correlations_and_error_by_hand() -> None:
    # Ranks of x: 1 2 3 4 5, of y: 2 1 4 3 5. d² = 1+1+1+1+0 = 4, SRCC = 1 − 6·4/(5·24) = 0.8.
    # Pairs: 10, of which (1,2) and (3,4) are discordant: KRCC = (8 − 2)/10 = 0.6.
    # x and y hold the same values, so PLCC is the covariance of ranks over their variance: 8/10.
    # Each of four differences is 0.1: RMSE = √(4 × 0.01 / 5) = 0.0894427.
    result = evaluate([0.1, 0.2, 0.3, 0.4, 0.5], [0.2, 0.1, 0.4, 0.3, 0.5])
    assert result.srcc == pytest.approx(0.8)
    assert result.krcc == pytest.approx(0.6)
    assert result.plcc == pytest.approx(0.8)
    assert result.rmse == pytest.approx(0.0894427)
    assert result.n == 5


def test_ties_share_their_rank() -> None:
    # y ranks 1.5 1.5 3 4; covariance with 1 2 3 4 gives 4.5/√(5 × 4.5) = 0.948683.
    assert evaluate([1, 2, 3, 4], [0, 0, 1, 2]).srcc == pytest.approx(0.948683, abs=1e-6)


def test_two_stimuli_have_an_error_but_no_correlation() -> None:
    result = evaluate([0.2, 0.4], [0.2, 0.2])
    assert (result.srcc, result.plcc, result.krcc) == (None, None, None)
    assert result.rmse == pytest.approx(0.2 / 2**0.5)


@pytest.mark.parametrize("constant", ["predicted", "mos"])
def test_a_constant_side_has_no_correlation(constant: str) -> None:
    varied, flat = [0.1, 0.5, 0.9], [0.5] * 3
    result = evaluate(flat, varied) if constant == "predicted" else evaluate(varied, flat)
    assert result.srcc is None
    assert result.n == 3


def test_nothing_labelled_is_all_none() -> None:
    result = evaluate([0.1, 0.2], [np.nan, np.nan])
    undefined = ("srcc", "plcc", "krcc", "rmse", "srcc_low", "srcc_high")
    assert result.to_json() == dict.fromkeys(undefined) | {"n": 0}


def test_perspectives_are_judged_apart() -> None:
    predicted = np.array([[1, 3], [2, 2], [3, 1]], dtype=float)
    mos = np.array([[1, 1], [2, 2], [3, 3]], dtype=float)
    result = evaluate_perspectives(predicted, mos, ("quality", "authenticity"), ["a", "b", "c"])
    assert result["quality"].srcc == pytest.approx(1)
    assert result["authenticity"].srcc == pytest.approx(-1)


def test_the_interval_goes_by_the_prompts_of_what_is_labelled() -> None:
    mos = np.array([[0.2, 0.1, 0.4, 0.3, 0.5, 0.8, np.nan]]).T
    predicted = np.array([[0.1, 0.3, 0.2, 0.5, 0.4, 0.6, 0.9]]).T
    (found,) = evaluate_perspectives(predicted, mos, ("quality",), list("aabbcdd")).values()
    labelled = (tuple(it[:6, 0].tolist()) for it in (predicted, mos))
    assert (found.srcc_low, found.srcc_high) == srcc_interval_by_prompt(*labelled, tuple("aabbcd"))
    # Without the one that is not labelled there are three prompts.
    (few,) = evaluate_perspectives(predicted, mos, ("quality",), list("aabbccd")).values()
    assert few.srcc is not None
    assert few.srcc_low is None


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="2 predictions but 1 labels"):
        evaluate([1, 2], [1])


def test_the_mean_srcc_is_over_those_that_are_defined() -> None:
    known = [Agreement(srcc, None, None, None, 9) for srcc in (0.5, None, 0.7)]
    assert mean_srcc(known) == pytest.approx(0.6)
    assert mean_srcc([known[1]]) is None
    assert mean_srcc([]) is None


def test_few_is_less_than_thirty() -> None:
    assert Agreement(0.5, None, None, 0.1, 29).on_few
    assert not Agreement(0.5, None, None, 0.1, 30).on_few


def test_the_interval_of_many_images_is_nearly_that_of_a_bootstrap_that_ranks_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(3)
    x = random.normal(size=400)
    y = 0.8 * x + 0.6 * random.normal(size=400)
    asked = (tuple(x), tuple(y), tuple(str(number // 5) for number in range(400)))
    low, high = srcc_interval_by_prompt(*asked) or (0.0, 0.0)
    srcc_interval_by_prompt.cache_clear()
    monkeypatch.setattr(evaluation, "RANKED_AGAIN", 0)
    fast = srcc_interval_by_prompt(*asked)
    srcc_interval_by_prompt.cache_clear()
    assert fast == pytest.approx((low, high), abs=0.01)
    assert fast != (low, high)


@pytest.mark.parametrize(("prompts", "given"), [("aabbccdd", True), ("aabbccca", False)])
def test_two_or_three_prompts_give_no_interval(prompts: str, given: bool) -> None:
    """Two gave −0.03…0.03 to an SRCC of −0.03: the ends were what each prompt says alone."""
    predicted = (0.1, 0.3, 0.2, 0.5, 0.4, 0.6, 0.8, 0.7)
    mos = (0.2, 0.1, 0.4, 0.3, 0.5, 0.8, 0.6, 0.7)
    assert (srcc_interval_by_prompt(predicted, mos, tuple(prompts)) is not None) is given


def test_one_prompt_or_equal_predictions_have_no_interval() -> None:
    mos = (0.1, 0.3, 0.2, 0.5)
    assert srcc_interval_by_prompt((0.1, 0.2, 0.3, 0.4), mos, ("a",) * 4) is None
    assert srcc_interval_by_prompt((0.1,) * 4, mos, tuple("abcd")) is None
