"""Krippendorff's alpha against published figures and the krippendorff package."""

import dataclasses
from dataclasses import replace

import numpy as np
import pytest

from annotation.opinion.agreement.alpha import Level, krippendorff_alpha
from annotation.opinion.agreement.base import AgreementError
from tests.annotation.opinion.methods.panel import golden, votes

from .panels import krippendorffs, simulated, table


@pytest.mark.parametrize(
    ("level", "expected"),
    [(Level.NOMINAL, 0.743421), (Level.ORDINAL, 0.815388), (Level.INTERVAL, 0.849107)],
)
def test_krippendorffs_own_example(level: Level, expected: float) -> None:
    assert krippendorff_alpha(krippendorffs(), level).value == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "interval", "ordinal"),
    [
        ("itu_demo", 0.495, 0.471),
        ("nflx_public", 0.742, 0.714),
        ("nflx_public_last4outliers", 0.580, 0.556),
        ("quality_variation_2017_agh_tv", 0.648, 0.631),
    ],
)
def test_public_sets_have_the_packages_values(name: str, interval: float, ordinal: float) -> None:
    panel, _expected = golden(name)
    found = [krippendorff_alpha(panel, each, draws=20) for each in (Level.INTERVAL, Level.ORDINAL)]
    assert [item.value for item in found] == pytest.approx([interval, ordinal], abs=6e-4)
    assert found[0].n == panel.score.size


def test_a_sparse_panel_has_the_packages_values() -> None:
    # krippendorff 0.9.0 on the same panel as a table with holes.
    panel = simulated(4, stimuli=25, subjects=8, each=3)
    rounded = dataclasses.replace(panel, score=np.round(panel.score / 5))
    found = [krippendorff_alpha(rounded, level, draws=20).value for level in Level]
    assert found == pytest.approx([0.0790847049, 0.6062565036, 0.6152140632], abs=1e-9)


def test_the_interval_holds_the_value_and_is_the_same_again() -> None:
    panel = simulated(1)
    one, two = (krippendorff_alpha(panel, draws=200, seed=7) for _time in range(2))
    assert one == two
    assert one.low is not None
    assert one.high is not None
    assert one.low < one.value < one.high


def test_the_interval_covers_the_truth() -> None:
    # Interval alpha of many raters is ICC(1,1): 100 / (100 + 9 + 49).
    truth, covered = 100 / 158, 0
    for seed in range(30):
        found = krippendorff_alpha(simulated(seed, stimuli=80), draws=100)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= truth <= found.high
    assert covered >= 26


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([[1, 1], [5, 5], [3, 3]], "single ratings are reliable"),
        ([[1, 2], [5, 3], [2, 3]], "single ratings agree too little"),
    ],
)
def test_it_is_said_in_words(rows: list[list[float]], words: str) -> None:
    assert krippendorff_alpha(table(rows)).meaning.startswith(words)


def test_perfect_agreement_is_1_at_every_level() -> None:
    panel = table([[1, 1, 1], [5, 5, 5], [3, 3, 3]])
    assert [krippendorff_alpha(panel, level).value for level in Level] == [1, 1, 1]


def test_a_second_vote_of_the_same_rater_is_left_out() -> None:
    again = votes([1, 2, 5], [0, 0, 0], [0, 1, 0], repetition=[0, 0, 1], stimuli=1, subjects=2)
    # Images with one pair: 1 − 1·(2·0.5/1) / (2·5 − 9), by hand 0.
    assert krippendorff_alpha(again).value == pytest.approx(0)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[1], [2], [3]], "no image was rated by two raters"),
        ([[3, 3], [3, 3]], "all ratings of images with two or more are the same score"),
    ],
)
def test_what_says_nothing_is_refused(rows: list[list[float]], message: str) -> None:
    with pytest.raises(AgreementError, match=message):
        krippendorff_alpha(table(rows))


def test_a_vote_given_twice_is_named() -> None:
    panel = votes([1, 2, 3], [0, 0, 0], [0, 1, 1], stimuli=1, subjects=2)
    twice = replace(panel, repetition=np.zeros(3, np.int64))
    with pytest.raises(AgreementError, match="subject 1 has two votes on stimulus 0"):
        krippendorff_alpha(twice)


def test_sliders_cost_what_categories_cost() -> None:
    panel = simulated(2, stimuli=2000, subjects=50, each=5)
    assert np.unique(panel.score).size == 10_000
    found = krippendorff_alpha(panel, Level.ORDINAL, draws=50)
    assert found.value == pytest.approx(0.61, abs=0.05)
