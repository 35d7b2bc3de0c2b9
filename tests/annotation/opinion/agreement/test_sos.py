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


#: Counts on the five levels and the standard deviation of the first images of KonIQ-10k's
#: released distributions (Hosu, Lin, Szirányi and Saupe 2020, `koniq10k_distributions_sets.csv`,
#: by file name), each as published.
KONIQ = (
    (0, 0, 25, 73, 7, 0.527277894494),
    (0, 3, 45, 47, 1, 0.580003024795),
    (1, 0, 20, 73, 2, 0.527219618675),
    (0, 0, 21, 75, 13, 0.556217750099),
    (0, 1, 21, 72, 6, 0.532859638122),
    (0, 7, 55, 40, 1, 0.619192992472),
    (0, 0, 48, 60, 2, 0.531258125582),
    (0, 6, 46, 51, 3, 0.650730462458),
    (0, 3, 58, 50, 0, 0.548544347251),
    (0, 0, 11, 78, 20, 0.529297934147),
    (0, 4, 80, 18, 0, 0.445865843302),
    (0, 3, 32, 66, 4, 0.596387169277),
    (1, 5, 60, 36, 0, 0.603249467802),
    (0, 0, 31, 66, 5, 0.539274806593),
    (0, 0, 24, 78, 5, 0.491687201382),
    (0, 4, 65, 64, 1, 0.570670577952),
    (1, 22, 90, 9, 0, 0.523463810781),
    (0, 4, 63, 65, 2, 0.584705756305),
    (0, 0, 34, 72, 1, 0.483915144465),
    (0, 2, 53, 49, 0, 0.537520515613),
    (0, 0, 46, 60, 0, 0.497974333332),
    (0, 0, 38, 60, 3, 0.537320082713),
    (1, 12, 66, 22, 0, 0.611280104646),
    (6, 69, 27, 0, 0, 0.532846555181),
    (45, 48, 7, 0, 0, 0.615949624072),
    (0, 3, 46, 49, 2, 0.594588390011),
    (0, 8, 74, 25, 0, 0.534640290117),
    (0, 0, 15, 87, 7, 0.44527191065),
    (0, 11, 77, 22, 0, 0.540981099909),
    (0, 1, 38, 71, 4, 0.553601074761),
    (0, 1, 34, 72, 1, 0.508409719675),
    (0, 1, 31, 76, 4, 0.532638100593),
    (0, 1, 30, 66, 4, 0.549887477239),
    (0, 0, 38, 66, 2, 0.514305679956),
    (9, 70, 28, 1, 0, 0.587380265521),
    (0, 11, 93, 28, 0, 0.530091494771),
    (0, 16, 77, 11, 0, 0.509707848785),
    (0, 2, 49, 49, 3, 0.591841222578),
    (0, 6, 49, 41, 3, 0.654811096145),
    (29, 66, 11, 2, 0, 0.656991053761),
)


def test_koniqs_published_deviations_are_those_of_its_counts() -> None:
    counts = np.array(KONIQ)[:, :5].astype(int)
    per_image = counts.sum(axis=1)
    score = np.concatenate([np.repeat(np.arange(1.0, 6.0), row) for row in counts])
    panel = votes(
        score,
        np.repeat(np.arange(len(KONIQ)), per_image),
        np.concatenate([np.arange(n) for n in per_image]),
        stimuli=len(KONIQ),
        subjects=int(per_image.max()),
    )
    found = sos_parameter(panel, draws=20)
    means = counts @ np.arange(1, 6) / per_image
    published = sos_of_published(means, np.array(KONIQ)[:, 5], ACR5, draws=20)
    assert found.value == pytest.approx(published.value, rel=1e-9)
    # All 10,073 images have .0907; so few of them differ from that by their choice.
    assert found.value == pytest.approx(0.0907, abs=0.01)


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
