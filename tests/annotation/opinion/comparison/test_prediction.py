"""Predicted against measured scores; the peers are scipy, scikit-learn 1.9.1, Newcombe's table."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from annotation.opinion.comparison.bootstrap import Measure
from annotation.opinion.comparison.errors import ComparisonError
from annotation.opinion.comparison.prediction import (
    MeasuredScores,
    PredictionComparison,
    compare_predictions,
    wilson,
)

MOS = np.array([1.2, 1.9, 2.1, 2.8, 3.3, 3.4, 4.1, 4.6])
PREDICTED = np.array([1.5, 1.4, 2.6, 2.2, 3.1, 3.1, 3.0, 4.4])
ERROR = np.array([0.2, 0.3, 0.25, 0.2, 0.3, 0.2, 0.25, 0.2])


def _measured(**more: Any) -> MeasuredScores:
    given: dict[str, Any] = {
        "standard_error": ERROR,
        "low": MOS - 1.96 * ERROR,
        "high": MOS + 1.96 * ERROR,
        "prompt": [0, 0, 1, 1, 2, 2, 3, 3],
        "generator": [0, 1] * 4,
    }
    return MeasuredScores.of(MOS, **(given | more))


def _compared(predicted: Any = PREDICTED, **more: Any) -> PredictionComparison:
    return compare_predictions(predicted, _measured(**more), draws=100, seed=1)


def _value(measure: Any) -> float:
    assert measure is not None
    return float(measure.value)


def test_values_are_those_of_scipy() -> None:
    found = _compared()
    assert (found.images, found.prompts) == (8, 4)
    assert _value(found.srcc) == pytest.approx(stats.spearmanr(PREDICTED, MOS).statistic)
    assert _value(found.krcc) == pytest.approx(stats.kendalltau(PREDICTED, MOS).statistic)
    assert _value(found.plcc) == pytest.approx(stats.pearsonr(PREDICTED, MOS).statistic)
    assert found.rmse.value == pytest.approx(np.sqrt(np.mean((PREDICTED - MOS) ** 2)))


def test_areas_are_those_of_scikit_learn() -> None:
    # roc_auc_score over the 28 pairs, 23 of which differ significantly; for better and worse over
    # those 23 in both orders.
    found = _compared()
    assert _value(found.auc_different) == pytest.approx(0.7)
    assert _value(found.auc_better) == pytest.approx(0.9810964083175804)


def test_errors_beyond_the_interval_count_from_its_ends() -> None:
    found = _compared().cubic
    assert found is not None
    mapped = found.mapping.mapped
    beyond = np.clip(np.abs(mapped - MOS) - 1.96 * ERROR, 0, None)
    assert found.rmse.value == pytest.approx(np.sqrt(((mapped - MOS) ** 2).sum() / 4))
    assert _value(found.rmse_star) == pytest.approx(np.sqrt((beyond**2).sum() / 4))
    assert _value(found.outlier_ratio) == np.mean(beyond > 0)


@pytest.mark.parametrize(
    ("cases", "n", "interval"),
    [
        # Newcombe, Statistics in Medicine 17, 1998, table I, method 3.
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0000, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ],
)
def test_the_interval_of_a_share(cases: int, n: int, interval: tuple[float, float]) -> None:
    assert wilson(cases / n, n) == pytest.approx(interval, abs=6e-5)


def test_outliers_of_one_prompt_say_less_than_as_many_of_several() -> None:
    # Every image of prompt 0 is off, and none else: the four images are worth one.
    random = np.random.default_rng(0)
    mos = np.linspace(1, 5, 40)
    predicted = mos + random.normal(0, 0.05, 40)
    low, high = mos - 0.3, mos + 0.3
    off = np.where(np.arange(40) % 10 == 0, 1.0, 0.0) * np.array([1, -1] * 20)
    widths = []
    for prompt in (np.arange(40) % 10, np.arange(40) // 4):
        scores = MeasuredScores.of(mos, low=low, high=high, prompt=prompt)
        found = compare_predictions(predicted + off, scores, draws=20).logistic
        assert found is not None
        assert found.outlier_ratio is not None
        assert found.outlier_ratio.value == pytest.approx(0.1)
        assert found.outlier_ratio.low is not None
        assert found.outlier_ratio.high is not None
        widths.append(found.outlier_ratio.high - found.outlier_ratio.low)
    assert widths[0] > 1.5 * widths[1]


def test_within_groups_each_ones_ranks_count_by_its_images() -> None:
    # Generator 0 agrees perfectly on four images; generator 1 has ranks 1 2 3 against 1 3 2, so
    # 1 − 6·2/(3·8) = .5: (3 · 1 + 2 · .5)/5 = .8. Prompt 0 has 1 2 3 against 1 2 3, prompt 1 one
    # image only, prompt 2 is generator 1: (2 · 1 + 2 · .5)/4 = .75. What differs between generators
    # counts in neither.
    mos = np.array([1.0, 2, 3, 4, 1, 2, 3])
    predicted = np.array([11.0, 12, 13, 14, 1, 3, 2])
    found = compare_predictions(
        predicted,
        MeasuredScores.of(mos, prompt=[0, 0, 0, 1, 2, 2, 2], generator=[0, 0, 0, 0, 1, 1, 1]),
        draws=50,
    )
    assert _value(found.srcc_within_generator) == pytest.approx(0.8)
    assert [_value(own) for own in found.srcc_by_generator] == pytest.approx([1.0, 0.5])
    # All images of generator 1 are of one prompt: other prompts, other images.
    assert found.srcc_by_generator[1] == Measure(0.5, None, None)
    assert _value(found.srcc_within_prompt) == pytest.approx(0.75)


def test_intervals_hold_the_value_and_know_of_prompts() -> None:
    random = np.random.default_rng(2)
    prompt = np.repeat(np.arange(30), 6)
    mos = random.normal(3, 0.6, 180)
    # The predictor is wrong by prompt, not by image.
    predicted = mos + random.normal(0, 0.6, 30)[prompt]
    by_prompt, by_image = (
        compare_predictions(predicted, MeasuredScores.of(mos, prompt=cluster), draws=300).rmse
        for cluster in (prompt, np.arange(180))
    )
    assert by_prompt.value == by_image.value
    widths = []
    for found in (by_prompt, by_image):
        assert found.low is not None
        assert found.high is not None
        assert found.low < found.value < found.high
        widths.append(found.high - found.low)
    assert widths[0] > 1.5 * widths[1]


def test_without_errors_and_groups_what_needs_them_is_not_there() -> None:
    found = compare_predictions(PREDICTED, MeasuredScores.of(MOS), draws=20)
    assert (found.auc_different, found.auc_better, found.srcc_within_generator) == (None,) * 3
    assert found.srcc_within_prompt is None
    assert found.srcc_by_generator == ()
    assert found.logistic is not None
    assert (found.logistic.rmse_star, found.logistic.outlier_ratio) == (None, None)
    assert found.prompts == 8


def test_constant_predictions_have_an_error_but_no_agreement() -> None:
    found = _compared(np.full(8, 3.0))
    assert (found.srcc, found.krcc, found.plcc, found.logistic, found.cubic) == (None,) * 5
    assert (found.auc_different, found.auc_better) == (None, None)
    assert (found.srcc_within_generator, found.srcc_within_prompt) == (None, None)
    assert found.srcc_by_generator == (None, None)
    assert found.rmse.value == pytest.approx(np.sqrt(np.mean((MOS - 3) ** 2)))


def test_one_prompt_gives_values_without_intervals() -> None:
    found = _compared(prompt=[0] * 8)
    assert found.srcc is not None
    assert (found.srcc.low, found.rmse.low, found.rmse.high) == (None, None, None)
    assert found.cubic is not None
    assert found.cubic.outlier_ratio is not None
    assert found.cubic.outlier_ratio.low is None


def test_labels_so_noisy_that_none_differ_have_no_areas() -> None:
    found = _compared(standard_error=ERROR * 100)
    assert (found.auc_different, found.auc_better) == (None, None)


def test_few_images_have_no_mapping() -> None:
    found = compare_predictions(PREDICTED[:5], MeasuredScores.of(MOS[:5]), draws=20)
    assert (found.logistic, found.cubic) == (None, None)
    assert found.srcc is not None


@pytest.mark.parametrize(
    ("predicted", "more", "message"),
    [
        (PREDICTED[:7], {}, "prediction has 7 values instead of 8"),
        (np.where(MOS > 4.5, np.nan, PREDICTED), {}, "prediction 7 is nan"),
        (PREDICTED, {"prompt": [0] * 7}, "prompt has 7 values instead of 8"),
        (PREDICTED, {"generator": [-1] * 8}, "generator 0 is -1; number from 0"),
        (PREDICTED, {"standard_error": [np.inf] * 8}, "standard error 0 is inf"),
        (PREDICTED, {"low": None}, "an interval needs both ends"),
    ],
)
def test_bad_input_is_named(predicted: Any, more: Any, message: str) -> None:
    with pytest.raises(ComparisonError, match=message):
        _compared(predicted, **more)


@pytest.mark.parametrize("images", [0, 1, 2])
def test_fewer_than_three_images_are_refused(images: int) -> None:
    with pytest.raises(ComparisonError, match=f"{images} images cannot be compared"):
        compare_predictions(PREDICTED[:images], MeasuredScores.of(MOS[:images]))


def test_a_seed_gives_the_same_again() -> None:
    first, second = _compared(), _compared()
    assert first.srcc == second.srcc
    assert first.auc_better == second.auc_better
    assert replace(first, logistic=None, cubic=None) == replace(second, logistic=None, cubic=None)
