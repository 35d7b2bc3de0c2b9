"""Histograms, the mean's interval and the SOS relation, by hand."""

import numpy as np
import pytest

from annotation.opinion.distributions import BARS, disagreement, distribution, parabola


def test_a_distribution_has_bars_a_mean_and_its_interval() -> None:
    # Mean 3, sd √((4 + 0 + 4)/2) = 2, t(2) = 4.302653: half a width of 4.97 leaves 1…5.
    found = distribution(np.array([1.0, 3.0, 5.0]), (1, 5))
    assert (found.n, found.mean, found.sd, found.low, found.high) == (3, 3.0, 2.0, 1.0, 5.0)
    # Bars of 0.2: the first, the eleventh (3.0 begins it) and the last.
    assert np.flatnonzero(found.counts).tolist() == [0, 10, 19]
    assert found.edges.size == BARS + 1


def test_an_interval_inside_the_scale_is_student_s() -> None:
    # Mean 2.5, sd √(4 · 0.25 / 3) = 0.5773503, t(3) = 3.1824463, half = t · sd / 2.
    found = distribution(np.array([2.0, 3.0, 2.0, 3.0]), (1, 5))
    assert found.high - found.mean == pytest.approx(0.9186928, abs=1e-6)
    assert found.mean - found.low == pytest.approx(0.9186928, abs=1e-6)


@pytest.mark.parametrize(("values", "n"), [([], 0), ([4.0], 1)])
def test_too_few_images_have_no_interval(values: list[float], n: int) -> None:
    found = distribution(np.array(values), (1, 5))
    assert (found.n, int(found.counts.sum())) == (n, n)
    assert np.isnan([found.low, found.high, found.sd]).all()


def test_scores_outside_the_scale_widen_the_bars() -> None:
    found = distribution(np.array([-4.0, 0.0, 3.5]), (-3, 3))
    assert (found.edges[0], found.edges[-1], int(found.counts.sum())) == (-4.0, 3.5, 3)


def test_the_sos_parameter_is_that_of_least_squares() -> None:
    # Levels 1…5. Votes 2 and 4: mean 3, variance 2, room 2 · 2 = 4; twice. Votes 1 and 3: mean 2,
    # variance 2, room 1 · 3 = 3. One vote: passed over.
    # a = (2·2·4 + 2·3) / (2·16 + 9) = 22/41.
    histograms: dict[tuple[int, ...], int] = {
        (0, 1, 0, 1, 0): 2,
        (1, 0, 1, 0, 0): 1,
        (1, 0, 0, 0, 0): 5,
    }
    found = disagreement(histograms, (1, 5))
    assert (found.mean.tolist(), found.variance.tolist()) == ([3.0, 2.0], [2.0, 2.0])
    assert found.images.tolist() == [2, 1]
    assert found.a == pytest.approx(22 / 41)
    assert parabola(0.5, np.array([1.0, 3.0, 5.0]), (1, 5)).tolist() == [0.0, 2.0, 0.0]


def test_without_two_votes_or_away_from_the_ends_there_is_no_parameter() -> None:
    assert np.isnan(disagreement({(1, 0, 0, 0, 0): 3}, (1, 5)).a)
    assert np.isnan(disagreement({(4, 0, 0, 0, 0): 3}, (1, 5)).a)
