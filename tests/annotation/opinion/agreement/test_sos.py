"""The SOS parameter against published sets."""

import csv
from typing import Any

import numpy as np
import pytest

from annotation.opinion.agreement.base import AgreementError
from annotation.opinion.agreement.sos import sos_of_published, sos_parameter, sos_variance
from annotation.opinion.methods import ScaleLimits
from tests.annotation.opinion.methods.panel import ACR5, golden, votes
from tests.shared_data import require_shared

from .panels import table


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("itu_demo", 0.321),
        ("nflx_public", 0.198),
        ("nflx_public_last4outliers", 0.270),
        ("quality_variation_2017_agh_tv", 0.170),
    ],
)
def test_public_sets(name: str, expected: float) -> None:
    found = sos_parameter(golden(name)[0], draws=200)
    assert found.value == pytest.approx(expected, abs=6e-4)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high
    assert found.meaning == "raters disagree as much as in published tests"


def _agiqa_3k() -> tuple[Any, Any]:
    """Published means and standard deviations of quality, on 0…5."""
    with require_shared("data/agiqa3k/data.csv").open() as file:
        rows = list(csv.DictReader(file))
    mean, sd = ([float(row[f"{name}_quality"]) for row in rows] for name in ("mos", "std"))
    return np.array(mean), np.array(sd)


def test_agiqa_3ks_published_deviations_are_the_least_squares_slope() -> None:
    mean, sd = _agiqa_3k()
    found = sos_of_published(mean, sd, ScaleLimits(0, 5, 101), draws=20)
    slope, *_rest = np.linalg.lstsq((mean * (5 - mean))[:, None], sd**2)
    assert found.value == pytest.approx(slope[0])
    assert found.n == 2982


def test_agiqa_3ks_spreads_on_five_levels() -> None:
    # As measured outside this code: .096, the rounding to five levels included.
    mean, sd = (np.repeat(item, 40) for item in _agiqa_3k())
    score = 1 + 0.8 * (mean + sd * np.random.default_rng(0).normal(size=mean.size))
    panel = votes(
        np.clip(np.rint(score), 1, 5),
        np.repeat(np.arange(2982), 40),
        np.tile(np.arange(40), 2982),
        stimuli=2982,
        subjects=40,
    )
    assert sos_parameter(panel, draws=20).value == pytest.approx(0.096, abs=2e-3)


def test_three_images_by_hand() -> None:
    # Means 2, 4, 3, sample variances 2, 2, 8; parabolas 3, 3, 4: (6 + 6 + 32) / (9 + 9 + 16).
    found = sos_parameter(table([[1, 3], [3, 5], [1, 5]], scale=ACR5))
    assert found.value == pytest.approx(44 / 34)
    assert (found.low, found.high, found.n) == (None, None, 6)
    assert found.meaning == "raters disagree more than in most published tests"


def test_the_variance_of_a_mean_is_that_of_the_parabola() -> None:
    assert sos_variance(0.2, 3, ACR5) == pytest.approx(0.8)
    assert sos_variance(0.2, 1, ACR5) == 0


def test_raters_who_agree_have_0() -> None:
    found = sos_parameter(table([[2, 2], [4, 4], [3, 3]], scale=ACR5))
    assert found.value == 0
    assert found.meaning == "raters disagree less than in most published tests"


def test_means_at_the_ends_say_nothing() -> None:
    with pytest.raises(AgreementError, match="every mean lies at an end"):
        sos_parameter(table([[1, 1], [5, 5]], scale=ACR5))


@pytest.mark.parametrize(
    ("mean", "sd", "message"),
    [
        ([], [], "0 means and 0 standard deviations"),
        ([3, 4], [1], "2 means and 1 standard deviations"),
        ([3, 6], [1, 1], "image 1: a mean of 6.0"),
        ([3, 4], [1, -1], "image 1: a mean of 4.0 and a standard deviation of -1.0"),
        ([3, float("nan")], [1, 1], "image 1: a mean of nan"),
    ],
)
def test_published_figures_that_cannot_be_are_named(
    mean: list[float], sd: list[float], message: str
) -> None:
    with pytest.raises(AgreementError, match=message):
        sos_of_published(mean, sd, ScaleLimits(1, 5, 5))
