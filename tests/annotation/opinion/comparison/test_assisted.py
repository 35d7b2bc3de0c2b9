"""Ratings and prediction joined: by hand, and worth what was measured (two simulated studies)."""

from typing import Any

import numpy as np
import pytest

from annotation.opinion.comparison.assisted import (
    calibrate_variance,
    model_assisted_scores,
)
from annotation.opinion.comparison.errors import ComparisonError
from annotation.opinion.methods import ScaleLimits

UNIT = ScaleLimits(0, 1, 101)


def _joined(**more: Any) -> Any:
    given: dict[str, Any] = {
        "mean": [0.8, 0.5, np.nan],
        "ratings": [1, 4, 0],
        "rating_variance": 0.04,
        "predicted": [0.4, 0.5, 0.3],
        "predicted_variance": [0.04, 0.01, 0.01],
        "scale": UNIT,
    }
    return model_assisted_scores(**(given | more))


def test_each_counts_by_its_variance() -> None:
    # One rating of variance .04 and a prediction of .04: half and half, variance .02. Four ratings
    # (.01) and .01: variance .005. No rating: the prediction alone.
    found = _joined()
    assert found.value == pytest.approx([0.6, 0.5, 0.3])
    assert found.standard_error**2 == pytest.approx([0.02, 0.005, 0.01])
    # In ratings of .04 each.
    assert found.worth == pytest.approx([2, 8, 4])
    assert found.low == pytest.approx(found.value - 1.959964 * found.standard_error)


def test_intervals_stay_within_the_scale() -> None:
    found = _joined(mean=[1.0, 0.0, 0.5], predicted=[1.2, -0.1, 0.5])
    assert found.value[0] == 1
    assert (found.low >= 0).all()
    assert (found.high <= 1).all()
    assert (found.high - found.low > 0).all()


@pytest.mark.parametrize(
    ("rating_sd", "joined_rmse", "worth"),
    [
        # RMSE on held-out images of the demo of one rating, and of it with the model's prediction:
        # quality, authenticity, correspondence.
        (0.157, 0.119, 1.7),
        (0.171, 0.146, 1.4),
        (0.143, 0.095, 2.3),
    ],
)
def test_the_model_is_worth_what_was_measured(
    rating_sd: float, joined_rmse: float, worth: float
) -> None:
    # The error of a prediction that makes the measured RMSE of both; the model claims half of its
    # variance, and a hold-out of 300 images with five ratings each tells.
    model_variance = 1 / (1 / joined_rmse**2 - 1 / rating_sd**2)
    random = np.random.default_rng(1)
    true = random.uniform(0.3, 0.7, 20_000)
    predicted = true + random.normal(0, np.sqrt(model_variance), true.size)
    claimed = np.full(true.size, model_variance / 2)
    held = slice(0, 300)
    calibration = calibrate_variance(
        true[held] + random.normal(0, rating_sd / 5**0.5, 300),
        np.full(300, rating_sd**2 / 5),
        predicted[held],
        claimed[held],
    )
    assert calibration.factor == pytest.approx(2, rel=0.2)
    assert calibration.rmse**2 == pytest.approx(model_variance, rel=0.2)
    rating = true + random.normal(0, rating_sd, true.size)
    found = model_assisted_scores(
        rating, np.ones(true.size), rating_sd**2,
        predicted, claimed * calibration.factor, ScaleLimits(-5, 6, 100),
    )  # fmt: skip
    rmse = np.sqrt(np.mean((found.value - true) ** 2))
    assert rmse == pytest.approx(joined_rmse, rel=0.02)
    assert found.worth.mean() == pytest.approx(worth, abs=0.15)
    assert rating_sd**2 / rmse**2 == pytest.approx(worth, abs=0.1)
    covered = np.abs(found.value - true) <= 1.959964 * found.standard_error
    assert covered.mean() == pytest.approx(0.95, abs=0.02)


def test_labels_that_explain_every_difference_do_not_make_a_model_certain() -> None:
    # Mean squared difference .01 with labels of variance .02: √(2/8) of .01 remains.
    predicted = 0.5 + 0.1 * np.array([1, -1] * 4)
    found = calibrate_variance(np.full(8, 0.5), [0.02] * 8, predicted, [0.01] * 8)
    assert found.factor == pytest.approx(0.5)
    assert found.images == 8


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"mean": [np.nan, 0.5, 0.5]}, "mean 0 is nan"),
        ({"predicted": [0.5, np.inf, 0.5]}, "prediction 1 is inf"),
        ({"predicted_variance": [0.1, 0.1, 0]}, "prediction's variance 2 is not above 0"),
        ({"rating_variance": 0}, "rating's variance 0 is not above 0"),
        ({"ratings": [1, -1, 0]}, "a number of ratings is below 0"),
        ({"predicted": [0.5]}, "prediction has 1 values instead of 3"),
    ],
)
def test_bad_input_is_named(more: Any, message: str) -> None:
    with pytest.raises(ComparisonError, match=message):
        _joined(**more)


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ([0.5, 0.6], "2 images cannot calibrate a variance"),
        ([0.1, np.nan, 0.2], "label 1 is nan"),
        ([0.1, 0.2, 0.3], "every prediction equals its label"),
    ],
)
def test_a_calibration_needs_held_out_images(label: Any, message: str) -> None:
    size = len(label)
    with pytest.raises(ComparisonError, match=message):
        calibrate_variance(label, [0.01] * size, np.array([0.1, 0.2, 0.3])[:size], [0.01] * size)


def test_no_image_is_no_score() -> None:
    assert model_assisted_scores([], [], 0.1, [], [], UNIT).value.size == 0
