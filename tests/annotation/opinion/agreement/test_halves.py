"""Split-half reliability and test–retest."""

import numpy as np
import pytest
from scipy import stats

from annotation.opinion.agreement.base import AgreementError
from annotation.opinion.agreement.halves import horst, split_half
from annotation.opinion.agreement.retest import retest_agreement
from annotation.opinion.methods import Votes
from tests.annotation.opinion.methods.panel import golden, votes

from .panels import simulated, table


def test_equal_halves_are_stepped_up_by_spearman_and_brown() -> None:
    assert horst(0.6, 1 / 4) == pytest.approx(2 * 0.6 / 1.6)


def test_unequal_halves_are_stepped_up_by_horst() -> None:
    # Images and errors of variance 1: one rating and two correlate by 1/√(2 · 1.5) = .57735, and
    # the mean of the three has the reliability 1/(1 + 1/3).
    assert horst(0.5773503, 2 / 9) == pytest.approx(0.75, abs=1e-6)


@pytest.mark.parametrize("r", [-0.3, 0.0, 1.0])
def test_what_cannot_be_stepped_up_stays(r: float) -> None:
    assert horst(r, 0.25) == r


def test_a_dense_set_has_its_iccs_reliability() -> None:
    # ICC(3,k) of the set is .9893.
    found = split_half(golden("nflx_public")[0], splits=40)
    assert found.value == pytest.approx(0.9893, abs=0.002)
    assert found.meaning == "excellent reliability"


def test_sparse_panels_have_the_reliability_of_their_means() -> None:
    # 100 / (100 + 58/5) = .8961.
    found = [split_half(simulated(seed), splits=30).value for seed in range(8)]
    assert np.mean(found) == pytest.approx(0.8961, abs=0.02)


def test_it_is_the_same_again_and_inside_its_interval() -> None:
    one, two = (split_half(simulated(1), splits=40, seed=9) for _time in range(2))
    assert one == two
    assert one.low is not None
    assert one.high is not None
    assert one.low < one.value < one.high < 1


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[1], [2], [4]], "no image was rated by two raters"),
        ([[1, 2], [2, 3]], "fewer than three images were rated by both halves"),
        ([[3, 3], [3, 3], [3, 3]], "their means do not vary"),
    ],
)
def test_halves_that_cannot_be_compared_are_refused(rows: list[list[float]], message: str) -> None:
    with pytest.raises(AgreementError, match=message):
        split_half(table(rows))


def test_few_images_have_no_interval() -> None:
    found = split_half(table([[1, 2], [2, 3], [5, 4]]))
    # Two raters, one a half: r of 1 2 5 and 2 3 4 is 4/√(26/3 · 2), stepped up.
    r = stats.pearsonr([1, 2, 5], [2, 3, 4]).statistic
    assert found.value == pytest.approx(2 * r / (1 + r))
    assert (found.low, found.high) == (None, None)


def _repeated(change: list[float]) -> Votes:
    first = np.array([1.0, 2, 3, 4, 2, 3])
    return votes(
        np.concatenate([first, first + change, [5]]),
        [0, 1, 2, 3, 0, 1] * 2 + [3],
        [0, 0, 0, 0, 1, 1] * 2 + [1],
        repetition=[0] * 6 + [1] * 6 + [0],
        stimuli=4,
        subjects=2,
    )


def test_limits_of_agreement_by_hand() -> None:
    found = retest_agreement(_repeated([0, 1, 0, 1, 0, 1]))
    # Mean difference ½, sample variance 6 · ¼ / 5 = .3: ½ ± 1.96 · .5477.
    assert found.shift == pytest.approx(0.5)
    assert (found.lower, found.upper) == pytest.approx((-0.57352, 1.57352), abs=1e-5)
    # Bland and Altman (1986): standard error √(3 s² / n).
    assert found.limit_half_width == pytest.approx(1.959964 * (3 * 0.3 / 6) ** 0.5)
    assert (found.typical, found.pairs, found.raters) == (0.5, 6, 2)


def test_first_and_second_votes_are_paired_by_rater_and_image() -> None:
    found = retest_agreement(_repeated([0, 1, 0, -1, 2, 0])).correlation
    expected = stats.pearsonr([1, 2, 3, 4, 2, 3], [1, 3, 3, 3, 4, 3]).statistic
    assert found.value == pytest.approx(expected)
    # Two raters cannot be drawn again.
    assert (found.n, found.low) == (6, None)


def test_raters_are_drawn_again() -> None:
    panel = simulated(2, stimuli=40, subjects=20, each=5)
    again = panel.score + np.random.default_rng(0).normal(0, 5, panel.score.size)
    both = votes(
        np.concatenate([panel.score, again]),
        np.tile(panel.stimulus, 2),
        np.tile(panel.subject, 2),
        repetition=np.repeat([0, 1], panel.score.size),
        stimuli=40,
        subjects=20,
        scale=panel.scale,
    )
    found = retest_agreement(both, draws=200)
    assert found.correlation.low is not None
    assert found.correlation.high is not None
    assert found.correlation.low < found.correlation.value < found.correlation.high
    # 95 % of second votes lie within the limits.
    inside = (again - panel.score > found.lower) & (again - panel.score < found.upper)
    assert inside.mean() == pytest.approx(0.95, abs=0.03)


def test_without_repeats_there_is_no_retest() -> None:
    with pytest.raises(AgreementError, match="0 images were rated twice by the same rater"):
        retest_agreement(table([[1, 2], [3, 4]]))


def test_second_votes_that_do_not_vary_are_refused() -> None:
    with pytest.raises(AgreementError, match="first or second votes do not vary"):
        retest_agreement(_repeated([2, 1, 0, -1, 1, 0]))
